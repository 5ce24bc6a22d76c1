package ldap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"

	"github.com/go-ldap/ldap/v3"

	"github.com/enumim/enumim/backend"
)

var (
	// errReferral: part of the tree is elsewhere. What is here is not the whole of it, and a stranger's address is
	// not followed with the user's password.
	errReferral = fmt.Errorf("%w: the directory has part of the tree elsewhere (a referral), which is not followed: give a base that it holds as a whole", backend.ErrUnavailable)
	// errNobody: a filter that matches nobody is mistyped, or the user lost the right to read.
	errNobody = fmt.Errorf("%w: nobody who matches the filter has a number and a URI that the user may read: see base, filter, number, uri and the rights of the user; an empty directory is not believed", backend.ErrUnavailable)
	// errFilling: a domain controller of Active Directory that was set up or restored just now has but a part.
	errFilling = fmt.Errorf("%w: the domain controller has not yet received all there is from the others (isSynchronized is FALSE); it is asked again", backend.ErrUnavailable)
	// errEndless: the same people again and again, or more than a directory has.
	errEndless = fmt.Errorf("%w: the directory does not come to an end", backend.ErrInvalidData)
	// errState: the directory left out what it must say of each entry.
	errState = fmt.Errorf("%w: the directory does not tell the state of its entries (RFC 4533)", backend.ErrInvalidData)
	// errNoUUID: whom the directory means in a synchronization can then not be told.
	errNoUUID = fmt.Errorf("%w: the user may not read the attribute entryUUID, or it is not what names entries in a synchronization", backend.ErrUnavailable)
	// errPage: a page came without word of the next: it may be cut off.
	errPage = fmt.Errorf("%w: the directory does not tell whether there are more pages (RFC 2696)", backend.ErrInvalidData)
	// errGone: the directory says good-bye (RFC 4511 section 4.4.1).
	errGone = fmt.Errorf("%w: the directory ends the connection", backend.ErrUnavailable)
)

// resultError is a result code of the directory that is not success.
type resultError uint16

// hints say what to do about the codes that operators meet.
var hints = map[resultError]string{
	ldap.LDAPResultOperationsError:              "Active Directory says so to who did not log in: give user and password",
	ldap.LDAPResultTimeLimitExceeded:            "raise the time limit of the user; nothing of a part is served",
	ldap.LDAPResultSizeLimitExceeded:            "raise the size limit of the user; nothing of a part is served",
	ldap.LDAPResultAdminLimitExceeded:           "raise the limits of the user; nothing of a part is served",
	ldap.LDAPResultStrongAuthRequired:           "the directory wants TLS: see the options tls and starttls",
	ldap.LDAPResultConfidentialityRequired:      "the directory wants TLS: see the options tls and starttls",
	ldap.LDAPResultNoSuchObject:                 "there is no such base, or the user may not read it",
	ldap.LDAPResultInvalidDNSyntax:              "see the options base and user",
	ldap.LDAPResultInappropriateAuthentication:  "see the options user and password",
	ldap.LDAPResultInvalidCredentials:           "the directory refuses the user or the password",
	ldap.LDAPResultInsufficientAccessRights:     "the user may not read the base",
	ldap.LDAPResultUnavailableCriticalExtension: "it does not do what it says it can",
	ldap.LDAPResultReferral:                     "the base is in another directory: name that one",
	ldap.LDAPResultSyncRefreshRequired:          "everything is to be read again",
}

// Error implements error. The text is of constants alone: what a directory adds may hold anything.
func (e resultError) Error() string {
	text := fmt.Sprintf("%v: the directory answers with code %d", backend.ErrUnavailable, uint16(e))
	if name := ldap.LDAPResultCodeMap[uint16(e)]; name != "" {
		text += " (" + name + ")"
	}
	if hint := hints[e]; hint != "" {
		text += ": " + hint
	}
	return text
}

// Is makes every code what keeps the old data.
func (resultError) Is(target error) bool { return target == backend.ErrUnavailable }

// isCode reports whether the directory answered with a code.
func isCode(err error, code uint16) bool {
	e, ok := errors.AsType[resultError](err)
	return ok && uint16(e) == code
}

// classify makes an error of the house of one of a connection.
func classify(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, backend.ErrUnavailable), errors.Is(err, backend.ErrInvalidData):
		return err
	}
	var timeout net.Error
	var op *net.OpError
	var name *net.DNSError
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%w: the directory did not answer in time", backend.ErrUnavailable)
	case errors.As(err, &name):
		return fmt.Errorf("%w: the name of the directory cannot be resolved", backend.ErrUnavailable)
	case errors.As(err, &op):
		return fmt.Errorf("%w: no connection to the directory: %w", backend.ErrUnavailable, op.Err)
	}
	return fmt.Errorf("%w: the connection to the directory was lost", backend.ErrUnavailable)
}

// handshake says why TLS did not come about, without what a library would print of it.
func handshake(err error) error {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var timeout net.Error
	why := "the TLS handshake failed, as at a port without TLS: see the options tls and starttls"
	switch {
	case errors.As(err, &authority):
		why = "its certificate is signed by an unknown authority: give tls_ca"
	case errors.As(err, &host):
		why = "its certificate names another host: see tls_server_name"
	case errors.As(err, &invalid):
		why = "its certificate is not valid, or not now"
	case errors.As(err, &record):
		why = "it does not speak TLS: see the options tls and starttls"
	case errors.As(err, &alert):
		why = "it refuses our certificate or TLS version: see tls_cert"
	case errors.As(err, &timeout) && timeout.Timeout():
		why = "it did not answer in time"
	}
	return fmt.Errorf("%w: %s", backend.ErrUnavailable, why)
}
