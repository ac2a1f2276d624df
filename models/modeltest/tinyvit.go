package modeltest

import (
	"fmt"

	"github.com/vrkit-go/reprogram/models"
)

// TinyViT is a frozen vision transformer of three layers, 8 values a token, two heads and four patches of 4×4 pixels:
// from [B,8,8,3] to [B,Sources].
func TinyViT() *models.Model {
	const width, layers, patch, side = 8, 3, 4, 8
	net := models.ViT{Tokens: models.Tokens{Width: width, Layers: layers, Patch: patch}, Heads: 2}
	weights, _ := models.Freeze(func() (models.Weights, error) { // it can't fail
		w := models.Weights{
			"class":          wave(.7, .31, 1, width),
			"positions":      wave(.4, .53, 1+(side/patch)*(side/patch), width),
			"patches/kernel": wave(.3, .35, patch, patch, 3, width),
			"patches/bias":   wave(.1, .9, width),
		}
		transformerLayers(w, width, layers)
		w["classifier/kernel"], w["classifier/bias"] = wave(.6, .35+.07*float64(4*layers+1), width, Sources), wave(.1, .2+.05*float64(4*layers+1), Sources)
		return w, nil
	})
	m := &models.Model{
		Info: models.Info{
			Name:          "tiny-vit",
			Title:         "Tiny test transformer",
			Sides:         models.SideRule{Min: side, Max: side, Multiple: patch},
			Side:          side,
			Normalisation: models.Normalisation{Mean: [3]float32{.5, .4, .3}, Std: [3]float32{.25, .2, .3}},
			Tokens:        net.Tokens,
		},
		Weights: weights,
		Forward: net.Forward,
	}
	for i := range Sources {
		m.Labels = append(m.Labels, fmt.Sprintf("source %d", i))
	}
	return m
}

// transformerLayers adds the weights of a transformer's layers, and of the LayerNorm after them.
func transformerLayers(w models.Weights, width, layers int) {
	number := 0.
	dense := func(name string, in, out int) {
		number++
		w[name+"/kernel"], w[name+"/bias"] = wave(.6, .35+.07*number, in, out), wave(.1, .2+.05*number, out)
	}
	norm := func(name string) {
		gamma := wave(.3, .8, width)
		for i := range gamma.Data {
			gamma.Data[i]++
		}
		w[name+"/gamma"], w[name+"/beta"] = gamma, wave(.1, .6, width)
	}
	for i := range layers {
		name := fmt.Sprintf("layer%d", i)
		norm(name + "/norm1")
		dense(name+"/attention", width, 3*width)
		dense(name+"/out", width, width)
		norm(name + "/norm2")
		dense(name+"/expand", width, 4*width)
		dense(name+"/project", 4*width, width)
	}
	norm("norm")
}
