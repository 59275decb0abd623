// SPDX-License-Identifier: Apache-2.0

// Command torchwood checks a running node's ledger with filippo.io/torchwood, and helps foreign witnesses to a key and
// to TLS.
//
//	torchwood verify URL POLICY       the checkpoint under a tlog-policy, every entry through the client, a tlog-proof
//	                                  of each, and the map that every seal commits to
//	torchwood keys NAME               the secret and the public key of a witness (cosignature/v1), a line each
//	torchwood vkey NAME SSH-PUBLIC    the public key of a witness whose key is in a file of ssh-keygen
//	torchwood serve ADDR CERT KEY URL pass HTTPS on to a plain HTTP server
//	torchwood plain ADDR URL          pass plain HTTP on to a node, whose certificate is its own
package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"

	"filippo.io/torchwood"
	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"orcon.example/foreign/torchwood/mpt"
)

var insecure = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

func check(err error, what string, args ...any) {
	if err != nil {
		log.Fatalf("%s: %v", fmt.Sprintf(what, args...), err)
	}
}

// A ledger's map, as its definition says: every tag of every event, and the entry that carries it.
type ledgerMap map[[32]byte][]uint64

func (m ledgerMap) add(index uint64, entry []byte) {
	if entry[8] != 2 {
		return
	}
	for i := range 3 {
		tag := [32]byte(entry[10+32*i:])
		m[tag] = append(m[tag], index)
	}
}

func (m ledgerMap) root() mpt.Hash {
	keys := slices.SortedFunc(maps.Keys(m), func(a, b [32]byte) int { return slices.Compare(a[:], b[:]) })
	return mpt.TreeHash(func(yield func(mpt.KeyVal) bool) {
		for _, k := range keys {
			var indices []byte
			for _, i := range m[k] {
				indices = binary.BigEndian.AppendUint64(indices, i)
			}
			value := sha256.Sum256(indices)
			if !yield(mpt.KeyVal{Key: mpt.Key(k[:]), Val: mpt.Val(value[:])}) {
				return
			}
		}
	})
}

// seal checks one seal: covered, prev_seal, time_ms, map_leaves, map_root.
func (m ledgerMap) seal(index uint64, entry []byte) {
	if binary.BigEndian.Uint64(entry[9:]) != index || binary.BigEndian.Uint64(entry[33:]) != uint64(len(m)) {
		log.Fatalf("seal %d counts otherwise", index)
	}
	if root := m.root(); string(root[:]) != string(entry[41:73]) {
		log.Fatalf("seal %d commits to another map", index)
	}
}

func verify(base, policyFile string) {
	ctx := context.Background()
	policy := must(torchwood.ParsePolicy(must(os.ReadFile(policyFile))))
	fetcher := must(torchwood.NewTileFetcher(base, torchwood.WithHTTPClient(&http.Client{Transport: insecure})))
	signed := must(fetcher.ReadEndpoint(ctx, "checkpoint"))
	checkpoint, n, err := torchwood.VerifyCheckpoint(signed, policy)
	check(err, "the checkpoint under the policy")
	client := must(torchwood.NewClient(fetcher))
	entries, seals, tags := 0, 0, ledgerMap{}
	for i, entry := range client.AllEntries(ctx, checkpoint.Tree, 0) {
		entries++
		if entry[8] == 3 {
			seals++
			tags.seal(uint64(i), entry)
		}
		tags.add(uint64(i), entry)
	}
	check(client.Err(), "the entries")
	if int64(entries) != checkpoint.N {
		log.Fatalf("%d entries of %d", entries, checkpoint.N)
	}
	for i := range checkpoint.N {
		entry, inclusion, err := client.Entry(ctx, checkpoint.Tree, i)
		check(err, "entry %d", i)
		proof := torchwood.FormatProof(i, inclusion, signed)
		check(torchwood.VerifyProof(policy, tlog.RecordHash(entry), proof), "the tlog-proof of entry %d", i)
		entry[len(entry)-1] ^= 1
		if torchwood.VerifyProof(policy, tlog.RecordHash(entry), proof) == nil {
			log.Fatalf("entry %d: a changed one passes", i)
		}
	}
	fmt.Printf("%s: %d entries, %d seals, %d tags, %d signatures\n", checkpoint.Origin, entries, seals, len(tags), len(n.Sigs))
}

func cosigner(name string, public ed25519.PublicKey) string {
	return must(formats.VKeyToCosignatureV1(must(note.NewEd25519VerifierKey(name, public))))
}

func proxy(to string) http.Handler {
	p := httputil.NewSingleHostReverseProxy(must(url.Parse(to)))
	p.Transport = insecure
	return p
}

func main() {
	log.SetFlags(0)
	args := os.Args[1:]
	switch {
	case len(args) == 3 && args[0] == "verify":
		verify(args[1], args[2])
	case len(args) == 2 && args[0] == "keys":
		secret, public, err := note.GenerateKey(rand.Reader, args[1])
		check(err, "a key")
		fmt.Println(secret)
		fmt.Println(must(formats.VKeyToCosignatureV1(public)))
	case len(args) == 3 && args[0] == "vkey":
		blob := must(base64.StdEncoding.DecodeString(strings.Fields(string(must(os.ReadFile(args[2]))))[1]))
		fmt.Println(cosigner(args[1], ed25519.PublicKey(blob[len(blob)-32:])))
	case len(args) == 5 && args[0] == "serve":
		log.Fatal(http.ListenAndServeTLS(args[1], args[2], args[3], proxy(args[4])))
	case len(args) == 3 && args[0] == "plain":
		log.Fatal(http.ListenAndServe(args[1], proxy(args[2])))
	default:
		log.Fatal("torchwood: see main.go")
	}
}
