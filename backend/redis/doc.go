// Package redis is the backend driver "redis": numbers in Redis or Valkey, alone, under Sentinel, or as a
// Cluster. docs/redis.md is its description.
package redis

import _ "github.com/redis/go-redis/v9"
