// Package router finds the handler for a path; segments may be named parameters.
package router

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// ErrNoRoute says that nothing handles a path.
var ErrNoRoute = errors.New("no route")

// Handler answers a request with the parameters that its path holds.
type Handler func(parameters map[string]string) (string, error)

type node struct {
	children  map[string]*node
	parameter *node
	name      string
	rest      bool
	handler   Handler
}

// Router is safe for use by several goroutines.
type Router struct {
	mutex sync.RWMutex
	root  *node
}

// New makes an empty router.
func New() *Router {
	return &Router{root: &node{children: map[string]*node{}}}
}

// Handle registers a handler. Segments that begin with ":" match any segment, one that begins with "*" the rest.
func (r *Router) Handle(pattern string, handler Handler) error {
	if handler == nil {
		return errors.New("a route needs a handler")
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	current := r.root
	segments := split(pattern)
	for index, segment := range segments {
		switch {
		case strings.HasPrefix(segment, "*"):
			if index != len(segments)-1 {
				return fmt.Errorf("%s: a rest must stand last", pattern)
			}
			if current.parameter == nil {
				current.parameter = &node{children: map[string]*node{}, name: segment[1:], rest: true}
			}
			current = current.parameter
		case strings.HasPrefix(segment, ":"):
			if current.parameter == nil {
				current.parameter = &node{children: map[string]*node{}, name: segment[1:]}
			} else if current.parameter.name != segment[1:] {
				return fmt.Errorf("%s: the parameter is called %s elsewhere", pattern, current.parameter.name)
			}
			current = current.parameter
		default:
			next, found := current.children[segment]
			if !found {
				next = &node{children: map[string]*node{}}
				current.children[segment] = next
			}
			current = next
		}
	}
	if current.handler != nil {
		return fmt.Errorf("%s has a handler already", pattern)
	}
	current.handler = handler
	return nil
}

// Serve calls the handler of a path.
func (r *Router) Serve(path string) (string, error) {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	parameters := map[string]string{}
	found := r.root.find(split(path), parameters)
	if found == nil || found.handler == nil {
		return "", fmt.Errorf("%w for %s", ErrNoRoute, path)
	}
	return found.handler(parameters)
}

func (n *node) find(segments []string, parameters map[string]string) *node {
	if len(segments) == 0 {
		return n
	}
	if child, ok := n.children[segments[0]]; ok {
		if found := child.find(segments[1:], parameters); found != nil && found.handler != nil {
			return found
		}
	}
	if n.parameter == nil {
		return nil
	}
	if n.parameter.rest {
		parameters[n.parameter.name] = strings.Join(segments, "/")
		return n.parameter
	}
	parameters[n.parameter.name] = segments[0]
	return n.parameter.find(segments[1:], parameters)
}

func split(path string) []string {
	var segments []string
	for _, segment := range strings.Split(path, "/") {
		if segment != "" {
			segments = append(segments, segment)
		}
	}
	return segments
}
