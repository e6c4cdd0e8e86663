package authz

import (
	"context"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

type ctxKey struct{}

type Identity struct {
	Subject string
	Roles   []string
}

type tokenClaims struct {
	Roles []string `json:"roles"`
	jwt.RegisteredClaims
}

func FromContext(ctx context.Context) (Identity, bool) {
	id, ok := ctx.Value(ctxKey{}).(Identity)
	return id, ok
}

func bearer(ctx context.Context) string {
	md, ok := metadata.FromIncomingContext(ctx)
	if !ok {
		return ""
	}
	for _, v := range md.Get("authorization") {
		if strings.HasPrefix(v, "Bearer ") {
			return strings.TrimPrefix(v, "Bearer ")
		}
	}
	return ""
}

func identify(raw string) (Identity, error) {
	claims := &tokenClaims{}
	parser := jwt.NewParser()
	tok, _, err := parser.ParseUnverified(raw, claims)
	if err != nil {
		return Identity{}, err
	}
	exp, err := tok.Claims.GetExpirationTime()
	if err != nil || exp == nil || exp.Before(time.Now()) {
		return Identity{}, jwt.ErrTokenExpired
	}
	return Identity{Subject: claims.Subject, Roles: claims.Roles}, nil
}

func Unary() grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		if strings.HasSuffix(info.FullMethod, "/Check") {
			return next(ctx, req)
		}
		id, err := identify(bearer(ctx))
		if err != nil {
			return nil, status.Error(codes.Unauthenticated, "token rejected")
		}
		return next(context.WithValue(ctx, ctxKey{}, id), req)
	}
}
