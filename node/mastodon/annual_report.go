package mastodon

import "encoding/json"

// This node makes no reports of anybody's year, which Mastodon offers in December if its operator
// wants it (configuration of the instance: wrapstodon is null). Clients ask all the same, and are
// told so in the words of the API instead of with errors.

// annualReports is the reports of somebody and what they name.
type annualReports struct {
	Reports  []struct{}        `json:"annual_reports"`
	Accounts []json.RawMessage `json:"accounts"`
	Statuses []json.RawMessage `json:"statuses"`
}

type annualReportState struct {
	State string `json:"state"`
}

func (a *API) annualReportRoutes(r routes) {
	r.person(get, "/api/v1/annual_reports", a.annualReports, "read:accounts")
	r.person(get, "/api/v1/annual_reports/{year}", a.noAnnualReport, "read:accounts")
	r.person(get, "/api/v1/annual_reports/{year}/state", a.annualReportState, "read:accounts")
	r.person(post, "/api/v1/annual_reports/{year}/read", a.noAnnualReport, "write:accounts")
	r.person(post, "/api/v1/annual_reports/{year}/generate", a.generateAnnualReport, "write:accounts")
}

func (a *API) annualReports(*query) (any, error) {
	return annualReports{[]struct{}{}, []json.RawMessage{}, []json.RawMessage{}}, nil
}

func (a *API) noAnnualReport(*query) (any, error) { return nil, errNotFound }

func (a *API) annualReportState(*query) (any, error) { return annualReportState{"ineligible"}, nil }

// generateAnnualReport makes nothing, which 200 says of whoever is not eligible.
func (a *API) generateAnnualReport(*query) (any, error) { return empty{}, nil }
