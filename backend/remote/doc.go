// Package remote is what stores behind a network have in common: the options that say how they are used,
// secured and bounded, and the backend that is made of them. A driver brings a Store, a Feed, or both.
package remote
