"""What becomes of events while brokers and servers go away. Run by tests/steps/*-rabbitmq; see test_rabbitmq.py."""
import signal
import time

from stage import Load, wait_for
from test_rabbitmq import DURABLE, Case


class Counted(Case):
    """Under load, counted at the consumer: every accepted event arrives, first deliveries in the order of their client."""

    def serve_and_listen(self):
        """The listener reads one topic; the events of the other stay in its queue, in order of arrival."""
        server = self.serve(options=DURABLE, OSLO_MESSAGING_NOTIFICATIONS__TOPICS='notifications,audits')
        return server, self.listen('--durable', url='')

    def judge(self, taken, listener):
        want = {id for id, _, _ in taken}
        wait_for('all events', lambda: want <= set(listener.ids()), 120)
        came = self.broker.drain('audits.info')
        self.assertLessEqual(want, set(came))
        of, last = {id: (client, number) for id, client, number in taken}, {}
        for id in dict.fromkeys(came):
            if id in of:
                client, number = of[id]
                self.assertGreater(number, last.get(client, -1), 'out of order')
                last[client] = number
        twice = len(came) - len(set(came))
        print(f'{self._testMethodName}: {len(want)} events, none lost, {twice} sent twice')


class Outages(Counted):
    def test_broker_stopped_in_order_and_started(self):
        server, listener = self.serve_and_listen()
        load = Load(server)
        time.sleep(2)
        self.broker.control('halt')
        time.sleep(5)
        self.broker.control('start')
        time.sleep(3)
        taken = load.stop()
        self.assertEqual(load.refused, 0)
        self.assertLess(load.slowest, 5, 'a request waited for the broker')
        self.judge(taken, listener)

    def test_broker_killed(self):
        server, listener = self.serve_and_listen()
        load = Load(server)
        time.sleep(2)
        self.broker.control('stop')
        time.sleep(1)
        self.broker.control('start')
        time.sleep(3)
        self.judge(load.stop(), listener)

    def test_server_killed_again_and_again(self):
        server, listener = self.serve_and_listen()
        load = Load(server)
        for _ in range(3):
            time.sleep(2)
            server.kill()
            server.start()
        time.sleep(2)
        self.judge(load.stop(), listener)

    def test_a_stop_sends_what_is_left(self):
        server, listener = self.serve_and_listen()
        load = Load(server)
        time.sleep(2)
        load.stop()
        server.stop()
        self.judge(load.taken, listener)

    def test_of_two_servers_the_other_takes_over(self):
        first, listener = self.serve_and_listen()
        second = self.serve(options=DURABLE, folder=first.folder, OSLO_MESSAGING_NOTIFICATIONS__TOPICS='notifications,audits')
        load = Load(second)
        wait_for('delivery', lambda: first.figure('events_delivered_total', 'messagingv2'))
        time.sleep(2)
        self.assertEqual(second.figure('events_delivered_total', 'messagingv2'), 0)
        first.kill()
        killed = time.monotonic()
        wait_for('the other server', lambda: second.figure('events_delivered_total', 'messagingv2'))
        self.assertLess(time.monotonic() - killed, 25)
        time.sleep(2)
        self.judge(load.stop(), listener)


class Alarms(Counted):
    """A broker short of memory still answers, but does not read from publishers."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.broker.control, 'free')

    def test_blocked_for_a_while(self):
        server, listener = self.serve_and_listen()
        load = Load(server)
        time.sleep(2)
        self.broker.control('block')
        wait_for('a word in the log', lambda: 'has blocked publishers' in server.log.read_text())
        wait_for('the figure', lambda: server.figure('events_oldest_wait_seconds', 'messagingv2') > 3)
        self.broker.control('free')
        time.sleep(3)
        taken = load.stop()
        self.assertLess(load.slowest, 5, 'a request waited for the broker')
        self.judge(taken, listener)

    def test_the_outbox_is_bounded_and_a_stop_is_one(self):
        server = self.serve(options=DURABLE, EVENTS__MAX_ROWS='20')
        ids = [server.report()]
        wait_for('delivery', lambda: server.figure('events_delivered_total', 'messagingv2'))
        self.broker.control('block')
        ids += [server.report() for _ in range(60)]
        wait_for('the bound', lambda: server.figure('events_dropped_total', 'messagingv2') == 40)
        wait_for('the figure', lambda: server.figure('events_waiting', 'messagingv2') == 20)
        self.assertIn('events were dropped', server.log.read_text())
        begun = time.monotonic()
        server.stop()
        self.assertLess(time.monotonic() - begun, 15)
        self.broker.control('free')
        server.start()
        wait_for('the rest', lambda: server.figure('events_delivered_total', 'messagingv2') == 20)
        came = list(dict.fromkeys(self.broker.drain('notifications.info')))
        # An event dropped during its transmission may have arrived, in order.
        self.assertEqual(came, [id for id in ids if id in came])
        self.assertLessEqual(set(ids[:1] + ids[-20:]), set(came))

    def test_a_broker_that_hangs_keeps_no_server_from_ending(self):
        server, listener = self.serve_and_listen()
        ids = [server.report()]
        listener.wait(1)
        self.addCleanup(self.broker.signal, signal.SIGCONT)
        self.broker.signal(signal.SIGSTOP)
        ids.append(server.report())
        time.sleep(1)
        begun = time.monotonic()
        server.stop()
        self.assertLess(time.monotonic() - begun, 15)
        self.broker.signal(signal.SIGCONT)
        server.start()
        listener.wait(2)
        self.assertEqual(set(listener.ids()), set(ids))

    def test_a_connection_that_takes_nothing_is_given_up(self):
        server, listener = self.serve_and_listen()
        self.broker.control('block')
        id = server.report()
        wait_for('a failure', lambda: server.figure('events_delivery_failures_total', 'messagingv2'), 90)
        self.assertIn('the broker has blocked publishers: it is short of memory or disk', server.log.read_text())
        self.broker.control('free')
        listener.wait(1)
        self.assertEqual(set(listener.ids()), {id})
