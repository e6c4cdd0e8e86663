package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sort"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"
)

const maxConfig = 1 << 20

type pipeline struct {
	Name  string          `yaml:"name"`
	Steps map[string]step `yaml:"steps"`
}

type step struct {
	Image   string   `yaml:"image"`
	Args    []string `yaml:"args"`
	Depends []string `yaml:"depends"`
}

func readPipeline(path string) (*pipeline, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfig))
	if err != nil {
		return nil, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	var p pipeline
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &p, nil
}

func (p *pipeline) problems() []string {
	var list []string
	if p.Name == "" {
		list = append(list, "pipeline has no name")
	}
	for name, s := range p.Steps {
		if s.Image == "" {
			list = append(list, fmt.Sprintf("step %q has no image", name))
		}
		for _, d := range s.Depends {
			if _, ok := p.Steps[d]; !ok {
				list = append(list, fmt.Sprintf("step %q depends on unknown step %q", name, d))
			}
		}
	}
	sort.Strings(list)
	return list
}

func gitRevision() string {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	return string(bytes.TrimSpace(out))
}

func NewLintCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "lint <file>",
		Short: "Check a pipeline definition",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := readPipeline(args[0])
			if err != nil {
				return err
			}
			list := p.problems()
			for _, l := range list {
				cmd.Println(l)
			}
			if len(list) > 0 {
				return errors.New("pipeline is not valid")
			}
			cmd.Printf("%s ok at %s\n", p.Name, gitRevision())
			return nil
		},
	}
}
