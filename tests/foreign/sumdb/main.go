// SPDX-License-Identifier: Apache-2.0

// Command sumdb checks a running node's ledger with golang.org/x/mod/sumdb: the checkpoint as a signed note, the root
// of all tiles, and for every entry and every smaller tree the proofs that follow from them.
//
//	sumdb URL VKEY    URL is in front of /checkpoint, VKEY the log's key
package main

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The node's certificate is its own: what is read proves itself.
var client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

func fetch(url string) []byte {
	resp, err := client.Get(url)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		log.Fatalf("%s: %s %v", url, resp.Status, err)
	}
	return data
}

// number is the N of a path: groups of three digits.
func number(n int64) string {
	s := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		s = fmt.Sprintf("x%03d/%s", n%1000, s)
	}
	return s
}

func path(kind string, n int64, width int) string {
	p := "tile/" + kind + "/" + number(n)
	if width < 256 {
		p += fmt.Sprintf(".p/%d", width)
	}
	return p
}

type tiles string

func (t tiles) Height() int { return 8 }
func (t tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range list {
		out = append(out, fetch(string(t)+"/"+path(strconv.Itoa(tile.L), tile.N, tile.W)))
	}
	return out, nil
}
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func must(err error, what string, args ...any) {
	if err != nil {
		log.Fatalf("%s: %v", fmt.Sprintf(what, args...), err)
	}
}

func main() {
	log.SetFlags(0)
	url, vkey := os.Args[1], os.Args[2]
	verifier, err := note.NewVerifier(vkey)
	must(err, "the log's key")
	n, err := note.Open(fetch(url+"/checkpoint"), note.VerifierList(verifier))
	must(err, "the checkpoint")
	lines := strings.Split(n.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "its size")
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err, "its root")
	if lines[0] != verifier.Name() || len(root) != 32 {
		log.Fatal("another origin, or no root")
	}
	tree := tlog.Tree{N: size, Hash: tlog.Hash(root)}
	reader := tlog.TileHashReader(tree, tiles(url)) // checks every tile against the root
	var hashes []tlog.Hash
	for at := int64(0); at < size; {
		width := min(size-at, 256)
		bundle := fetch(url + "/" + path("entries", at/256, int(width)))
		for i := int64(0); i < width; i++ {
			length := int(binary.BigEndian.Uint16(bundle))
			hashes = append(hashes, tlog.RecordHash(bundle[2:2+length]))
			bundle = bundle[2+length:]
		}
		at += width
	}
	for i, h := range hashes {
		proof, err := tlog.ProveRecord(size, int64(i), reader)
		must(err, "a proof of entry %d", i)
		must(tlog.CheckRecord(proof, size, tree.Hash, int64(i), h), "entry %d", i)
		h[0] ^= 1
		if tlog.CheckRecord(proof, size, tree.Hash, int64(i), h) == nil {
			log.Fatalf("entry %d: a changed one passes", i)
		}
	}
	for m := int64(1); m < size; m++ {
		older, err := tlog.TreeHash(m, reader)
		must(err, "the root of size %d", m)
		proof, err := tlog.ProveTree(size, m, reader)
		must(err, "a proof from size %d", m)
		must(tlog.CheckTree(proof, size, tree.Hash, m, older), "from size %d", m)
	}
	fmt.Printf("%s: %d entries, %d other signatures\n", lines[0], size, len(n.UnverifiedSigs))
}
