"""Readers of uploaded files. All but `isolated_reader` run in a process of their own, see `reader_process`."""
