package ring

import (
	"hash/fnv"
	"sort"
	"strconv"
)

type Ring struct {
	points []uint64
	owner  map[uint64]string
}

func sum(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}

func New(nodes []string, replicas int) *Ring {
	r := &Ring{owner: make(map[uint64]string, len(nodes)*replicas)}
	for _, n := range nodes {
		for i := 0; i < replicas; i++ {
			p := sum(n + "#" + strconv.Itoa(i))
			if _, taken := r.owner[p]; taken {
				continue
			}
			r.owner[p] = n
			r.points = append(r.points, p)
		}
	}
	sort.Slice(r.points, func(i, j int) bool { return r.points[i] < r.points[j] })
	return r
}

func (r *Ring) Owner(key string) (string, bool) {
	if len(r.points) == 0 {
		return "", false
	}
	h := sum(key)
	i := sort.Search(len(r.points), func(i int) bool { return r.points[i] >= h })
	if i == len(r.points) {
		i = 0
	}
	return r.owner[r.points[i]], true
}
