package taxonomy

// Modality says what a sample is. The zero value is Picture.
type Modality string

// The modalities.
const (
	Picture Modality = ""
	Text    Modality = "text"
)

// String is the modality in words: "picture" or "text".
func (m Modality) String() string {
	if m == Picture {
		return "picture"
	}
	return string(m)
}
