"""Cinder's own way to record a message, with Tidings behind it.

The modules have the names and signatures of `cinder.message`, so a service changes its imports and nothing else.
"""
