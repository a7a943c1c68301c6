package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"tulou/apps/people"
	"tulou/protocol/fault"
	"tulou/storage"
)

// token exchanges a code, or a program's own secret, for a token: POST /oauth/token.
func (s *Server) token(w http.ResponseWriter, r *http.Request) error {
	in, err := params(r)
	if err != nil {
		return err
	}
	app, err := s.client(r.Context(), r, in)
	if err != nil {
		return err
	}
	var token storage.Token
	secret, hash := people.NewSecret()
	switch in.Get("grant_type") {
	case "authorization_code":
		token, err = s.redeem(r.Context(), app, in, hash)
	case "client_credentials":
		token, err = s.forApp(r.Context(), app, in, hash)
	default:
		return refuse(http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server.")
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": secret, "token_type": "Bearer", "scope": token.Scopes, "created_at": token.CreatedAt.Time().Unix(),
	})
	return nil
}

// forApp makes a token of the program itself, which belongs to nobody.
func (s *Server) forApp(ctx context.Context, app storage.App, in url.Values, hash string) (token storage.Token, err error) {
	wanted, ok := ParseScopes(strings.Join(in["scope"], " "))
	if !ok || !within(wanted, strings.Fields(app.Scopes)) {
		return token, refuse(http.StatusBadRequest, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
	}
	err = s.store.Tx(ctx, func(tx *storage.Tx) (err error) {
		token, err = tx.CreateToken(ctx, storage.Token{Hash: hash, AppID: app.ID, Scopes: strings.Join(wanted, " ")})
		return err
	})
	return token, err
}

// redeem uses a code up and makes the token it stands for. A code that is presented with anything
// wrong is used up, too: it has been in the wrong hands.
func (s *Server) redeem(ctx context.Context, app storage.App, in url.Values, hash string) (token storage.Token, err error) {
	codeHash := people.SecretHash(in.Get("code"))
	var problem error
	err = s.store.Tx(ctx, func(tx *storage.Tx) error {
		problem = nil
		code, err := tx.TakeCode(ctx, codeHash)
		if fault.Is(err, fault.NotFound) {
			problem = errGrant
			return tx.RevokeTokensOfCode(ctx, codeHash)
		}
		if err != nil {
			return err
		}
		if problem = checkCode(code, app, in); problem != nil {
			return nil
		}
		token, err = tx.CreateToken(ctx, storage.Token{
			Hash: hash, AppID: app.ID, AccountID: code.AccountID, Scopes: code.Scopes, CodeHash: codeHash})
		return err
	})
	if err != nil {
		return token, err
	}
	return token, problem
}

var errGrant = refuse(http.StatusBadRequest, "invalid_grant", "The provided authorization grant is invalid, expired, revoked, "+
	"does not match the redirection URI used in the authorization request, or was issued to another client.")

// checkCode compares a code with who presents it. If the program began with a challenge, the
// verifier is not optional (RFC 9700 §2.1.1); one for a code without a challenge is refused as
// well.
func checkCode(code storage.Code, app storage.App, in url.Values) error {
	if code.AppID != app.ID || code.RedirectURI != in.Get("redirect_uri") {
		return errGrant
	}
	verifier := in.Get("code_verifier")
	if code.Challenge == "" && verifier == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(verifier))
	given := base64.RawURLEncoding.EncodeToString(sum[:])
	if subtle.ConstantTimeCompare([]byte(given), []byte(code.Challenge)) != 1 {
		return errGrant
	}
	return nil
}

// revoke ends a token of the program that asks (RFC 7009): POST /oauth/revoke.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) error {
	in, err := params(r)
	if err != nil {
		return err
	}
	app, err := s.client(r.Context(), r, in)
	if err != nil {
		if _, refused := err.(*grantError); refused {
			return refuse(http.StatusForbidden, "unauthorized_client", "You are not authorized to revoke this token")
		}
		return err
	}
	if err := s.store.Tx(r.Context(), func(tx *storage.Tx) error {
		return tx.RevokeToken(r.Context(), people.SecretHash(in.Get("token")), app.ID)
	}); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, struct{}{})
	return nil
}
