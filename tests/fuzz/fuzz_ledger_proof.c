/* SPDX-License-Identifier: Apache-2.0
 * The verifiers of tree and map proofs, and paths of tiles. Nobody finds a proof by trying, so none may pass.
 */
#include "base/mem.h"
#include "ledger/map.h"
#include "ledger/tiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t root[32] = { 1 }, other[32] = { 2 };
    AUTO(mem_freep) char *path = mem_dup(data, size);
    struct reader r = reader_of(BYTES(data, size));
    struct tile t;
    uint64_t a, b;
    char again[TILES_PATH_SIZE];
    if (tiles_path_read(path, &t)) {
        tiles_path(&t, again);
        check(strcmp(path, again) == 0);
    }
    if (!get_u64(&r, &a) || !get_u64(&r, &b))
        return 0;
    struct bytes proof = BYTES(data + r.at, size - r.at);
    check(tree_verify_inclusion(a, b, other, proof, root, NULL) != OK);
    check(tree_verify_consistency(a, b, other, root, proof, NULL) != OK);
    check(map_verify_present(root, other, other, proof, NULL) != OK);
    check(map_verify_absent(root, other, proof, NULL) != OK);
    return 0;
}
