"""The wire formats: one file each, that builds a request's body and reads an answer into `grokcli.events`."""
