#!/usr/bin/env python3
"""Consumes notifications with the real oslo.messaging NotificationListener; prints one JSON object per line.

oslo_consume.py URL TOPIC [--exchange openstack] [--count N] [--timeout S] [--priorities info,warn,error]
           [--event-type REGEX] [--publisher-id REGEX] [--context K=RE]... [--metadata K=RE]... [--payload K=RE]...
           [--pool NAME] [--durable] [--quorum] [--auto-delete] [--requeue-first] [--ready-file PATH]
URL: rabbit://user:pw@host:port/vhost (vhost "/" is written as a trailing "//"). amqp:// is rewritten to rabbit://.
Exits with 0 after COUNT messages (or at the timeout with --count 0), with 1 if the timeout comes first.
"""
import argparse, json, sys, threading, time, warnings, logging
warnings.simplefilter('ignore')
p = argparse.ArgumentParser()
p.add_argument('url'); p.add_argument('topic')
p.add_argument('--exchange', default='openstack'); p.add_argument('--count', type=int, default=1)
p.add_argument('--timeout', type=float, default=10); p.add_argument('--priorities', default='audit,debug,info,warn,error,critical,sample')
p.add_argument('--event-type'); p.add_argument('--publisher-id')
for n in ('context', 'metadata', 'payload'): p.add_argument('--' + n, action='append', default=[])
p.add_argument('--pool'); p.add_argument('--durable', action='store_true'); p.add_argument('--quorum', action='store_true')
p.add_argument('--auto-delete', action='store_true'); p.add_argument('--requeue-first', action='store_true')
p.add_argument('--ready-file'); p.add_argument('--verbose', action='store_true')
a = p.parse_args()
logging.basicConfig(level=logging.DEBUG if a.verbose else logging.WARNING, stream=sys.stderr)
from oslo_config import cfg
import oslo_messaging as om
conf = cfg.ConfigOpts(); conf([], project='consume')
url = a.url.replace('amqp://', 'rabbit://', 1) if a.url.startswith('amqp://') else a.url
opts = [o for o, on in (('amqp_durable_queues=true', a.durable), ('rabbit_quorum_queue=true', a.quorum), ('amqp_auto_delete=true', a.auto_delete)) if on]
if opts: url += ('&' if '?' in url else '?') + '&'.join(opts)
t = om.get_notification_transport(conf, url=url)
lock = threading.Lock(); done = threading.Event(); got = [0]
kv = lambda xs: dict(x.split('=', 1) for x in xs) or None
class EP:
    pass
flt = dict(event_type=a.event_type, publisher_id=a.publisher_id, context=kv(a.context), metadata=kv(a.metadata), payload=kv(a.payload))
ep = EP()
if any(flt.values()): ep.filter_rule = om.NotificationFilter(**flt)
first = [a.requeue_first]
def mk(prio):
    def h(ctxt, publisher_id, event_type, payload, metadata):
        with lock:
            if first[0]:
                first[0] = False; print(json.dumps({'requeued': event_type}), flush=True)
                return om.NotificationResult.REQUEUE
            print(json.dumps(dict(priority=prio, ctxt=ctxt, publisher_id=publisher_id, event_type=event_type, payload=payload, metadata=metadata), default=str), flush=True)
            got[0] += 1
            if a.count and got[0] >= a.count: done.set()
    return h
for prio in a.priorities.split(','): setattr(ep, prio, mk(prio))
srv = om.get_notification_listener(t, [om.Target(topic=a.topic, exchange=a.exchange)], [ep], executor='threading', allow_requeue=True, pool=a.pool)
srv.start()
if a.ready_file: open(a.ready_file, 'w').write('ready')
ok = done.wait(a.timeout) or a.count == 0
srv.stop(); srv.wait(); t.cleanup()
sys.exit(0 if ok else 1)
