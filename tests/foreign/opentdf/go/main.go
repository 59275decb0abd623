// SPDX-License-Identifier: Apache-2.0

// Drives the OpenTDF platform's Go SDK, unmodified: client encrypt|decrypt IN OUT. It is the library under otdfctl.
// Its environment says where and who: ORCON_URL, ORCON_CLIENT, ORCON_SECRET, ATTRIBUTES (comma separated),
// SESSION (ec: an EC session key). Trusted certificates: SSL_CERT_FILE. Exit status 1 and the SDK's own message, if it
// is refused, with the obligations that it was told of.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/opentdf/platform/lib/ocrypto"
	"github.com/opentdf/platform/sdk"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func encrypt(s *sdk.SDK, in *os.File, out *os.File) error {
	options := []sdk.TDFOption{sdk.WithKasInformation(sdk.KASInfo{URL: os.Getenv("ORCON_URL") + "/kas", Default: true})}
	if list := os.Getenv("ATTRIBUTES"); list != "" {
		options = append(options, sdk.WithDataAttributes(strings.Split(list, ",")...))
	}
	_, err := s.CreateTDF(out, in, options...)
	return err
}

func decrypt(s *sdk.SDK, in *os.File, out *os.File) error {
	options := []sdk.TDFReaderOption{}
	if os.Getenv("SESSION") == "ec" {
		options = append(options, sdk.WithSessionKeyType(ocrypto.EC256Key))
	}
	r, err := s.LoadTDF(in, options...)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, r); err != nil {
		if o, e := r.Obligations(context.Background()); e == nil && len(o.FQNs) > 0 {
			return fmt.Errorf("%w\nrequired: %s", err, strings.Join(o.FQNs, " "))
		}
	}
	return err
}

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("client encrypt|decrypt IN OUT"))
	}
	s, err := sdk.New(os.Getenv("ORCON_URL"),
		sdk.WithClientCredentials(os.Getenv("ORCON_CLIENT"), os.Getenv("ORCON_SECRET"), nil))
	if err != nil {
		fail(err)
	}
	defer s.Close()
	in, err := os.Open(os.Args[2])
	if err != nil {
		fail(err)
	}
	out, err := os.Create(os.Args[3])
	if err != nil {
		fail(err)
	}
	run := map[string]func(*sdk.SDK, *os.File, *os.File) error{"encrypt": encrypt, "decrypt": decrypt}[os.Args[1]]
	if err = run(s, in, out); err != nil {
		os.Remove(os.Args[3])
		fail(err)
	}
}
