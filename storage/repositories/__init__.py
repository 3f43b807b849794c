"""One repository per word of the story: frozen values in, frozen values out."""
