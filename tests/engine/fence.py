#!/usr/bin/env python3
"""Powers a host of the fake compute service off: fence.py HOST, with NOVA in the environment."""
import os
import sys
import urllib.request

request = urllib.request.Request(f'{os.environ["NOVA"]}/power/{sys.argv[1]}', method='PUT')
print(urllib.request.urlopen(request, timeout=10).read().decode())
