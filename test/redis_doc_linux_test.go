package test

import (
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/enumim/enumim/test/servers"
)

// TestRedisPage does what docs/redis.md shows.
func TestRedisPage(t *testing.T) {
	needs(t, "redis-cli")
	redis := servers.Redis(t)
	_, port, _ := net.SplitHostPort(redis.Addr)
	id := regexp.MustCompile(`(?m)^\d{13}-\d+$`) // of the stream
	page{
		file: "redis.md", shown: []string{"127.0.0.1:6379"}, here: []string{redis.Addr},
		command: func(line string) string { return strings.ReplaceAll(line, "redis-cli", "redis-cli -p "+port) },
		same:    func(output string) string { return id.ReplaceAllString(output, "ID") },
	}.do(t)
}
