package main

import (
	"encoding/json"
	"fmt"

	"tulou/node"
)

type versionCmd struct {
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run prints the version.
func (c *versionCmd) Run(p *program) error {
	revision, goVersion := node.Build()
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(struct {
			Version  string `json:"version"`
			Revision string `json:"revision,omitempty"`
			Go       string `json:"go"`
		}{node.Version, revision, goVersion})
	}
	if revision != "" {
		revision = ", " + revision
	}
	_, err := fmt.Fprintf(p.stdout, "tulou %s (%s%s)\n", node.Version, goVersion, revision)
	return err
}
