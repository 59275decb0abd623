// SPDX-License-Identifier: Apache-2.0

// What one key costs by the library that the OpenTDF platform's key server is made of, and nothing around it: the
// DPoP proof and the request token checked, the share unwrapped, its binding to the policy checked, the share wrapped
// for the client's session key. No connection, no access token, no decision, no audit record: the platform's key
// server, which the Go module proxy does not serve, costs at least this. CPU of the whole process, medians.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"github.com/opentdf/platform/lib/ocrypto"
)

const rounds, each = 15, 100

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

type request struct {
	proof, token       []byte
	key                jwk.Key // of whoever signed both
	policy             string
	wrapped, ephemeral []byte
	binding            string
	session            string // PEM
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		log.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func bind(share []byte, policy string) string {
	mac := hmac.New(sha256.New, share)
	mac.Write([]byte(policy))
	return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(mac.Sum(nil))))
}

func make1(kas, session ocrypto.KeyPair, signer *ecdsa.PrivateKey) request {
	r := request{session: must(session.PublicKeyInPemFormat()), key: must(jwk.FromRaw(signer.Public()))}
	share := make([]byte, 32)
	must(rand.Read(share))
	r.policy = base64.StdEncoding.EncodeToString([]byte(`{"uuid":"7b2c","body":{"dataAttributes":[],"dissem":[]}}`))
	r.binding = bind(share, r.policy)
	to := must(ocrypto.FromPublicPEM(must(kas.PublicKeyInPemFormat())))
	r.wrapped = must(to.Encrypt(share))
	r.ephemeral = to.EphemeralKey()
	body := must(json.Marshal(map[string]any{"clientPublicKey": r.session, "requests": []any{map[string]any{
		"policy": map[string]any{"id": "policy", "body": r.policy}, "keyAccessObjects": []any{map[string]any{
			"keyAccessObjectId": "kao-0", "keyAccessObject": map[string]any{
				"type": "wrapped", "url": "https://alder.example/kas", "wrappedKey": r.wrapped, "ephemeralPublicKey": r.ephemeral,
				"policyBinding": map[string]any{"alg": "HS256", "hash": r.binding}}}}}}}))
	token := must(jwt.NewBuilder().IssuedAt(time.Now()).Claim("requestBody", string(body)).Build())
	r.token = must(jwt.Sign(token, jwt.WithKey(jwa.ES256, signer)))
	proof := must(jwt.NewBuilder().IssuedAt(time.Now()).JwtID("x").Claim("htm", "POST").Claim("htu", "https://alder.example/kas/v2/rewrap").Build())
	headers := jws.NewHeaders()
	if err := headers.Set("typ", "dpop+jwt"); err != nil {
		log.Fatal(err)
	}
	if err := headers.Set("jwk", r.key); err != nil {
		log.Fatal(err)
	}
	r.proof = must(jwt.Sign(proof, jwt.WithKey(jwa.ES256, signer, jws.WithProtectedHeaders(headers))))
	return r
}

func rewrap(kas ocrypto.PrivateKeyDecryptor, r request) []byte {
	must(jwt.Parse(r.proof, jwt.WithKey(jwa.ES256, r.key)))
	token := must(jwt.Parse(r.token, jwt.WithKey(jwa.ES256, r.key)))
	body, _ := token.Get("requestBody")
	var read map[string]any
	if err := json.Unmarshal([]byte(body.(string)), &read); err != nil {
		log.Fatal(err)
	}
	var share []byte
	if ec, is := kas.(ocrypto.ECDecryptor); is {
		share = must(ec.DecryptWithEphemeralKey(r.wrapped, r.ephemeral))
	} else {
		share = must(kas.Decrypt(r.wrapped))
	}
	if !hmac.Equal([]byte(bind(share, r.policy)), []byte(r.binding)) {
		log.Fatal("not bound")
	}
	to := must(ocrypto.FromPublicPEM(r.session))
	return must(to.Encrypt(share))
}

func measure(name string, kas, session ocrypto.KeyPair, signer *ecdsa.PrivateKey) {
	var took []float64
	opener := must(ocrypto.FromPrivatePEM(must(kas.PrivateKeyInPemFormat())))
	for range rounds {
		requests := make([]request, each)
		for i := range requests {
			requests[i] = make1(kas, session, signer)
		}
		runtime.GC()
		before := cpu()
		for _, r := range requests {
			rewrap(opener, r)
		}
		took = append(took, float64((cpu()-before).Microseconds())/each)
	}
	slices.Sort(took)
	fmt.Printf("%-46s %9.3f us    [%.3f .. %.3f]\n", name, took[rounds/2], took[rounds/4], took[rounds*3/4])
}

func main() {
	signer := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	ec := must(ocrypto.NewKeyPair(ocrypto.EC256Key))
	rsa := must(ocrypto.NewKeyPair(ocrypto.RSA2048Key))
	session := must(ocrypto.NewKeyPair(ocrypto.EC256Key))
	measure("  EC object, EC session", ec, session, signer)
	measure("  RSA-2048 object, EC session", rsa, session, signer)
	measure("  RSA-2048 object, RSA session", rsa, rsa, signer)
}
