package policy

import (
	"errors"
	"fmt"
	"unicode"
)

var (
	errPasswordShort  = errors.New("password is too short")
	errPasswordCommon = errors.New("password is too common")
)

type Policy struct {
	MinLength int
	Classes   int
	Common    map[string]struct{}
}

func Default(common []string) Policy {
	p := Policy{MinLength: 12, Classes: 3, Common: make(map[string]struct{}, len(common))}
	for _, c := range common {
		p.Common[c] = struct{}{}
	}
	return p
}

func (p Policy) Check(password string) error {
	if len([]rune(password)) < p.MinLength {
		return errPasswordShort
	}
	if _, found := p.Common[password]; found {
		return errPasswordCommon
	}
	var lower, upper, digit, other int
	for _, r := range password {
		switch {
		case unicode.IsLower(r):
			lower = 1
		case unicode.IsUpper(r):
			upper = 1
		case unicode.IsDigit(r):
			digit = 1
		default:
			other = 1
		}
	}
	if got := lower + upper + digit + other; got < p.Classes {
		return fmt.Errorf("need %d kinds of characters, found %d", p.Classes, got)
	}
	return nil
}
