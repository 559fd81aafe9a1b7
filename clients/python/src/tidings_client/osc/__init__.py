"""Commands of openstackclient: `openstack message ...` and `openstack event listener ...`."""
