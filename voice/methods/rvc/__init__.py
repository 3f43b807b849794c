"""RVC: a voice trained from recordings of its speaker (community `.pth` models, v1 and v2)."""
