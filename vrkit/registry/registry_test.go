package registry

import (
	"flag"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

type tint struct {
	Strength float64 `json:"strength" usage:"how strong"`
	Rows     int     `json:"rows" usage:"how many"`
	Colour   string  `json:"colour" usage:"which"`
	Whole    bool    `json:"whole" usage:"all of it"`
	Seed     uint64  `json:"seed"`
	Kind     string  `json:"-"`
}

func (t tint) Name() string { return t.Kind }

func (t tint) Check() error {
	if t.Rows > 9 {
		return Wrong("rows", "at most 9 rows, not %d", t.Rows)
	}
	return nil
}

type plain struct{}

func (plain) Name() string { return "plain" }

func tints() *Registry[Method] {
	return Of[Method]("method", plain{}, tint{Kind: "warm", Strength: 1, Colour: "red"}, tint{Kind: "cold", Strength: 1, Rows: 2, Colour: "red"})
}

func TestRestore(t *testing.T) {
	r := tints()
	require.Equal(t, []string{"plain", "warm", "cold"}, r.Names())
	m := tint{Kind: "cold", Strength: .1, Rows: 3, Colour: "blue", Whole: true, Seed: MaxSeed}
	settings, err := Settings(m)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"strength": .1, "rows": 3., "colour": "blue", "whole": true, "seed": float64(MaxSeed)}, settings)
	again, err := r.Restore("cold", settings)
	require.NoError(t, err)
	require.Equal(t, m, again)

	m = tint{Kind: "cold", Strength: 1, Rows: 5, Colour: "red"} // what a record does not say has its default
	again, err = r.Restore("cold", map[string]any{"rows": 5., "other": "x"})
	require.NoError(t, err)
	require.Equal(t, m, again)
	initial, err := r.New("cold")
	require.NoError(t, err)
	require.Equal(t, 2, initial.(tint).Rows, "what was restored before has not changed the defaults")

	settings, err = Settings(plain{})
	require.NoError(t, err)
	require.Empty(t, settings)
	again, err = r.Restore("plain", nil)
	require.NoError(t, err)
	require.Equal(t, plain{}, again)
}

func TestRefuses(t *testing.T) {
	r := tints()
	_, err := r.New("hot")
	require.EqualError(t, err, `no method is called "hot"; known: plain, warm, cold`)
	_, err = r.Restore("warm", map[string]any{"rows": 10})
	require.EqualError(t, err, "at most 9 rows, not 10")
	_, err = r.Restore("warm", map[string]any{"rows": "x"})
	require.ErrorContains(t, err, "the recorded settings of warm are damaged")
	require.PanicsWithError(t, `the name of the method "warm" is taken: take another`, func() { r.Register(tint{Kind: "warm"}) })
	require.Panics(t, func() { r.Register(&tint{Kind: "pointer"}) })
}

func TestFlags(t *testing.T) {
	parse := func(arguments ...string) (func(string) (Method, error), error) {
		set := flag.NewFlagSet("", flag.ContinueOnError)
		set.SetOutput(io.Discard)
		set.Uint64("seed", 0, "another flag")
		make := tints().Flags(set, "plain", "warm", "cold")
		return make, set.Parse(arguments)
	}
	make, err := parse("-strength", ".5", "-rows=4", "-colour", "green", "-whole", "-seed", "7")
	require.NoError(t, err)
	m, err := make("cold")
	require.NoError(t, err)
	require.Equal(t, tint{Kind: "cold", Strength: .5, Rows: 4, Colour: "green", Whole: true}, m, "a setting without a usage has no flag")
	m, err = make("plain")
	require.NoError(t, err)
	require.Equal(t, plain{}, m)

	make, err = parse()
	require.NoError(t, err)
	m, err = make("cold")
	require.NoError(t, err)
	require.Equal(t, 2, m.(tint).Rows, "a flag that is not given leaves the method's own default")

	make, err = parse("-rows", "11")
	require.NoError(t, err)
	_, err = make("warm")
	setting := &SettingError{}
	require.ErrorAs(t, err, &setting)
	require.Equal(t, "rows", setting.Setting)
	_, err = parse("-rows", "many")
	require.Error(t, err)
}
