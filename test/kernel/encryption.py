"""A kernel whose sockets are all encrypted (CurveZMQ), as jupyter_client 8.10 has it and ipykernel 7.4.0 passes it."""

import json
import socket
import time

import zmq
from harness import OPTIONS, SOON, by_message, equal, main, scenario
from zmq.utils.monitor import recv_monitor_message

OPTIONS["transport_encryption"] = "required"
PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")


@scenario
def all_channels_work(kernel):
    equal(kernel.run("1 + 1")[0]["status"], "ok")
    equal(kernel.ask("control", "kernel_info_request")["content"]["status"], "ok")
    id = kernel.start(kernel.say("await input('?')", "input('?')"), allow_stdin=True)
    equal(kernel.client.get_stdin_msg(timeout=10)["content"]["prompt"], "?")
    kernel.client.input("typed")
    equal(kernel.reply_to(id)["content"]["status"], "ok")
    kernel.published_for(id)
    kernel.client.hb_channel.unpause()
    deadline = time.monotonic() + SOON
    while not kernel.client.hb_channel.is_beating():
        assert time.monotonic() < deadline, "no heartbeat"
        time.sleep(0.01)


@scenario
def fifty_megabytes_arrive_whole(kernel):
    _, messages = kernel.run(kernel.say("console.log('x'.repeat(50e6))", "print('x' * 50_000_000)"), seconds=60)
    equal(len(kernel.printed(messages)), 50_000_001)


@scenario
def an_interrupt_ends_a_busy_loop(kernel):
    id = kernel.start(kernel.say("console.log('on'); for (;;);", "print('on', flush=True)\nwhile True: pass"))
    kernel.until_printed("on")
    by_message(kernel)()
    equal(kernel.reply_to(id)["content"]["status"], "error")
    kernel.published_for(id)


@scenario
def every_socket_asks_for_encryption(kernel):
    for port in PORTS:
        with socket.create_connection(("127.0.0.1", getattr(kernel.client, port)), timeout=SOON) as peer:
            peer.sendall(b"\xff" + bytes(8) + b"\x7f\x03")  # as ZMTP 3 begins
            greeting = peer.makefile("rb").read(32)
        equal(greeting[12:32].rstrip(b"\0"), b"CURVE")


@scenario
def who_has_no_key_or_another_is_refused(kernel):
    for server_key in (None, zmq.curve_keypair()[0]):
        with kernel.client.context.socket(zmq.DEALER) as stranger:
            stranger.linger = 0
            if server_key is not None:
                stranger.curve_publickey, stranger.curve_secretkey = zmq.curve_keypair()
                stranger.curve_serverkey = server_key
            failed = zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
            monitor = stranger.get_monitor_socket(failed | zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
            stranger.connect(f"tcp://127.0.0.1:{kernel.client.shell_port}")
            assert monitor.poll(1000 * SOON), "nothing happens"
            assert recv_monitor_message(monitor)["event"] != zmq.EVENT_HANDSHAKE_SUCCEEDED
            stranger.disable_monitor()
    equal(kernel.run("1")[0]["status"], "ok")


@scenario
def a_restart_keeps_the_keys(kernel):
    keys = lambda: [json.load(open(kernel.manager.connection_file))[f"curve_{name}key"] for name in ("public", "secret")]
    before = keys()
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=60)
    equal(keys(), before)
    equal(kernel.run("2")[0]["status"], "ok")


if __name__ == "__main__":
    main()
