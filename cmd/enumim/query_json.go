package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/explain"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/resolve"
)

// The JSON form of an answer. Numbers of seconds and octets are numbers, times milliseconds.
type (
	jsonAnswer struct {
		Number  string         `json:"number"`
		Status  string         `json:"status"` // found, no URI, no data, no name, unknown
		Error   string         `json:"error,omitempty"`
		Names   []string       `json:"names"` // the ENUM domains asked
		URIs    []jsonURI      `json:"uris"`
		Queries []jsonExchange `json:"queries"`
	}
	jsonURI struct {
		URI        string       `json:"uri"`
		Services   []string     `json:"services"`
		Owner      string       `json:"owner"` // of the record
		TTL        uint32       `json:"ttl"`
		Order      uint16       `json:"order"`
		Preference uint16       `json:"preference"`
		Regexp     string       `json:"regexp"`
		Targets    []jsonTarget `json:"targets,omitempty"`
		Own        []jsonOwn    `json:"own_rules,omitempty"`
		NoTarget   string       `json:"no_target,omitempty"`
	}
	jsonTarget struct {
		Protocol  string   `json:"protocol"`
		URI       string   `json:"uri"`
		Host      string   `json:"host"`
		Port      uint16   `json:"port"`
		Addresses []string `json:"addresses"`
		Implicit  bool     `json:"implicit,omitempty"` // no SRV record
		Alias     bool     `json:"alias,omitempty"`    // the SRV record leads to a CNAME
	}
	jsonOwn struct {
		Protocol string `json:"protocol"`
		Name     string `json:"name"`
		Host     string `json:"host"`
		Port     uint16 `json:"port"`
	}
	jsonExchange struct {
		Server    string       `json:"server"`
		Transport string       `json:"transport"`
		Name      string       `json:"name"`
		Type      string       `json:"type"`
		Time      float64      `json:"ms"`
		Error     string       `json:"error,omitempty"`
		Rcode     string       `json:"rcode,omitempty"`
		Flags     []string     `json:"flags,omitempty"`
		Size      int          `json:"size,omitempty"`
		Strays    int          `json:"strays,omitempty"` // replies to other questions, ignored
		EDE       []jsonEDE    `json:"ede,omitempty"`
		Records   []jsonRecord `json:"records,omitempty"`
	}
	jsonEDE struct {
		Code    uint16 `json:"code"`
		Meaning string `json:"meaning"`
		Text    string `json:"text,omitempty"`
	}
	jsonRecord struct {
		Record string `json:"record"`
		URI    string `json:"uri,omitempty"`
		Unused string `json:"unused,omitempty"` // why
	}
)

func (a *answer) writeJSON(w io.Writer, failed error) error {
	out := jsonAnswer{Number: a.AUS, Status: a.Status.String(), Names: []string{}, URIs: []jsonURI{}, Queries: []jsonExchange{}}
	if failed != nil {
		out.Error = failed.Error()
	}
	for _, t := range a.Trees {
		out.Names = append(out.Names, t.Name)
	}
	for _, u := range a.URIs {
		out.URIs = append(out.URIs, a.jsonURI(u))
	}
	for _, x := range a.trail {
		out.Queries = append(out.Queries, jsonOf(x))
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return err
	}
	_, err := w.Write(explain.PrintableJSON(b.Bytes()))
	return err
}

func (a *answer) jsonURI(u resolve.URI) jsonURI {
	j := jsonURI{
		URI: printable(u.URI), Services: []string{}, Owner: u.Owner, TTL: u.TTL,
		Order: u.Record.Order, Preference: u.Record.Preference, Regexp: u.Record.Regexp,
	}
	for _, s := range u.Services {
		j.Services = append(j.Services, s.String())
	}
	for _, b := range a.behind {
		if b.uri == u.URI {
			b.fill(&j)
		}
	}
	return j
}

func (u *behindURI) fill(j *jsonURI) {
	for _, t := range u.found.Targets {
		target := jsonTarget{
			Protocol: t.Protocol.String(), URI: printable(t.URI), Host: t.Host, Port: t.Port,
			Implicit: t.Implicit, Alias: t.Alias,
		}
		for _, a := range t.Addresses {
			target.Addresses = append(target.Addresses, a.String())
		}
		j.Targets = append(j.Targets, target)
	}
	for _, o := range u.found.Own {
		j.Own = append(j.Own, ownOf(o)...)
	}
	if u.err != nil {
		j.NoTarget = u.err.Error()
	}
}

func ownOf(o im.Own) []jsonOwn {
	var list []jsonOwn
	for _, srv := range o.SRV {
		list = append(list, jsonOwn{o.Protocol.String(), o.Name, srv.Target, srv.Port})
	}
	return list
}

func jsonOf(x *resolve.Exchange) jsonExchange {
	j := jsonExchange{
		Server: x.Server.String(), Transport: x.Transport.String(), Name: x.Name, Type: dns.TypeToString[x.Type],
		Time: float64(x.Time.Microseconds()) / 1000, Size: x.Size, Strays: x.Strays,
	}
	if x.Err != nil {
		j.Error = x.Err.Error()
	}
	if x.Header.Response {
		j.Rcode, j.Flags = resolve.RcodeText(x.Header.Rcode), headerFlags(x.Header)
	}
	for _, e := range x.EDE {
		j.EDE = append(j.EDE, jsonEDE{e.Code, resolve.EDEText(e.Code), e.Text})
	}
	for _, r := range x.Records {
		j.Records = append(j.Records, jsonRecord{strings.ReplaceAll(r.RR.String(), "\t", " "), printable(r.URI), printable(r.Why)})
	}
	return j
}
