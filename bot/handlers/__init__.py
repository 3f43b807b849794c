"""What is done about each kind of update; a handler changes the database and speaks through its `Turn`."""
