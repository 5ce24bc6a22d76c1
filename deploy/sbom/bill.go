package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The parts of CycloneDX 1.6 that are used here.
type (
	document struct {
		Schema       string       `json:"$schema"`
		Format       string       `json:"bomFormat"`
		Spec         string       `json:"specVersion"`
		Serial       string       `json:"serialNumber,omitempty"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	metadata struct {
		Timestamp string    `json:"timestamp"`
		Component component `json:"component"`
	}
	component struct {
		Ref        string          `json:"bom-ref"`
		Type       string          `json:"type"`
		Name       string          `json:"name"`
		Version    string          `json:"version,omitempty"`
		Hashes     []hash          `json:"hashes,omitempty"`
		Licenses   []licenseChoice `json:"licenses,omitempty"`
		Purl       string          `json:"purl,omitempty"`
		Properties []property      `json:"properties,omitempty"`
	}
	hash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	licenseChoice struct {
		License license `json:"license"`
	}
	license struct {
		ID string `json:"id"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	dependency struct {
		Ref string   `json:"ref"`
		On  []string `json:"dependsOn,omitempty"`
	}
)

func under(id string) []licenseChoice { return []licenseChoice{{license{id}}} }

// purl returns a package URL, by which data bases of vulnerabilities know a module.
func purl(path, version string) string {
	// A plus in a version means a blank elsewhere.
	return "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
}

// bill returns the bill of materials of programs that are together called name.
func (c *contents) bill(name string, at time.Time) ([]byte, error) {
	whole := component{
		Ref: purl(c.main.Path, c.main.Version), Type: "application", Name: name, Version: c.main.Version,
		Licenses: under("Apache-2.0"), Purl: purl(c.main.Path, c.main.Version),
	}
	if c.commit != "" {
		whole.Properties = []property{{"vcs:revision", c.commit}}
	}
	d := document{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", Spec: "1.6", Version: 1,
		Metadata: metadata{at.Format(time.RFC3339), whole},
	}
	for _, p := range c.programs {
		d.Components = append(d.Components, component{
			Ref: "file:" + p.name, Type: "file", Name: p.name, Hashes: []hash{{"SHA-256", p.sha256}},
		})
	}
	library := strings.TrimPrefix(c.toolchain, "go")
	parts := []component{{
		Ref: purl("std", library), Type: "library", Name: "std", Version: library, Licenses: under("BSD-3-Clause"), Purl: purl("std", library),
	}}
	for _, m := range c.modules {
		parts = append(parts, component{
			Ref: purl(m.path, m.version), Type: "library", Name: m.path, Version: m.version, Licenses: under(m.license),
			Purl: purl(m.path, m.version), Properties: []property{{"go:sum", m.sum}},
		})
	}
	d.Components = append(d.Components, parts...)
	needs := dependency{Ref: whole.Ref}
	for _, p := range parts {
		needs.On = append(needs.On, p.Ref)
	}
	d.Dependencies = []dependency{needs}

	// The serial number is made of what is told, so that the same programs have the same.
	b, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID of the version for such (RFC 9562 section 5.8)
	d.Serial = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	if b, err = json.MarshalIndent(d, "", "  "); err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}
