"""SO-VITS-SVC: a voice trained from recordings of its speaker (4.0 and 4.1 models)."""
