"""Taking a recording apart into the voice and everything else. Heavy but for `model_file`: only a child imports it."""
