"""From other tools' fixtures to rules: `formats` is the way in. Nothing is dropped without a word."""
