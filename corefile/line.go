package corefile

import (
	"errors"
	"strings"

	"github.com/enumim/enumim/backend"
)

// ParseBackend reads the text of a backend line on one line, as people give it on a command line:
//
//	postgres db.example.net/enum { user enumim; password file:/etc/enumim/pw }
//
// A semicolon ends an option, double quotes hold a word together, and in them a backslash makes the next
// character an ordinary one. c says what the line does not: the tree, the folder of relative paths. It does no
// I/O. Errors name no place: the caller knows where the text came from.
func ParseBackend(text string, c backend.Config) (driver string, o backend.Opener, err error) {
	words, err := scan(text)
	if err != nil {
		return "", nil, err
	}
	if len(words) == 0 || words[0].mark {
		return "", nil, errors.New("expected the name of a backend; compiled in: " + strings.Join(backend.Names(), ", "))
	}
	driver = words[0].text
	i := 1
	for ; i < len(words) && !words[i].mark; i++ {
		c.Args = append(c.Args, words[i].text)
	}
	if i < len(words) {
		if c.Options, err = options(words[i:]); err != nil {
			return driver, nil, err
		}
	}
	d, err := backend.Lookup(driver)
	if err != nil {
		return driver, nil, err
	}
	o, err = backend.Parse(d, c)
	return driver, o, err
}

// options reads the words from the opening brace on.
func options(words []word) (list []backend.Option, err error) {
	last := len(words) - 1
	switch {
	case words[0].text != "{":
		return nil, errors.New("a semicolon stands between options, which stand in braces: NAME ADDRESS { OPTION; OPTION }")
	case !words[last].mark || words[last].text != "}":
		return nil, errors.New("the closing brace is missing")
	}
	begins := true
	for _, w := range words[1:last] {
		switch {
		case w.mark && w.text != ";":
			return nil, errors.New("an option of a backend takes no braces")
		case w.mark:
			begins = true
		case begins:
			list = append(list, backend.Option{Name: w.text})
			begins = false
		default:
			o := &list[len(list)-1]
			o.Args = append(o.Args, w.text)
		}
	}
	return list, nil
}

// word is a word, or a brace or semicolon that is none.
type word struct {
	text string
	mark bool
}

func scan(text string) (words []word, err error) {
	var b strings.Builder
	quoted, open := false, false // open: b holds a word, if only an empty one
	end := func() {
		if open {
			words = append(words, word{text: b.String()})
		}
		b.Reset()
		open = false
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case c == '"':
			quoted = !quoted
			open = true
		case quoted:
			b.WriteByte(c)
		case c == ' ' || c == '\t':
			end()
		case c == '\n' || c == ';' || c == '{' || c == '}':
			end()
			if c == '\n' {
				c = ';'
			}
			words = append(words, word{string(c), true})
		default:
			b.WriteByte(c)
			open = true
		}
	}
	if quoted {
		return nil, errors.New("the closing quote is missing")
	}
	end()
	return words, nil
}
