// Package backendtest is the conformance suite of backends, for those of this module and for any
// other. A backend that passes it answers as enumim promises.
//
//	func TestConformance(t *testing.T) {
//		backendtest.Run(t, backendtest.Harness{
//			Open: func(t testing.TB, entries []backend.Entry) backend.Backend {
//				return openMyStore(t, entries)
//			},
//		})
//	}
//
// Every rule is a subtest with a stable name, and says when it fails why the rule exists. Rules of
// an optional capability (backend.Walker, ...) apply where the backend has it. What a backend cannot
// do is declared in Harness.Skip, with a reason.
//
// Model is the reference that the suite compares with: a Backend made of plain loops.
package backendtest
