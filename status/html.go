package status

import (
	"embed"
	"fmt"
	"html/template"
	"time"
)

//go:embed page.html style.css
var files embed.FS

var (
	style = must(files.ReadFile("style.css"))
	pages = template.Must(template.New("").Funcs(template.FuncMap{
		"age":   func(seconds float64) string { return age(time.Duration(seconds * float64(time.Second))) },
		"stamp": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" },
		"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"more":  func(i int) int { return i + 1 },
	}).ParseFS(files, "page.html"))
)

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err) // it is compiled in
	}
	return b
}

// age writes how old something is in two units at most: people compare it with minutes and days.
func age(d time.Duration) string {
	switch d = d.Truncate(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%d d %d h", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}
