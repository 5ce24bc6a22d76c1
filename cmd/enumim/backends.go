package main

// The stores that the tool reads and writes.
import (
	_ "github.com/enumim/enumim/backend/bolt"
	_ "github.com/enumim/enumim/backend/etcd"
	_ "github.com/enumim/enumim/backend/http"
	_ "github.com/enumim/enumim/backend/kubernetes"
	_ "github.com/enumim/enumim/backend/ldap"
	_ "github.com/enumim/enumim/backend/mysql"
	_ "github.com/enumim/enumim/backend/postgres"
	_ "github.com/enumim/enumim/backend/redis"
)
