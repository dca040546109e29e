"""What a kernel answers while a cell awaits, and what it says of itself.

ipykernel 7.4.0 passes all but those marked [1]: it goes on awaiting; and [2]: it answers all but comm messages when the
cell has ended, and counts the main shell's results by the subshell's cells.
"""

import time

import psutil
from harness import SOON, STOPPED, by_message, equal, main, of_type, scenario

AWAITS = (
    """console.log('on');
const ours = comm.open("a target");
const told = await new Promise<any>((go) => ours.onMessage((data) => { console.log('handler'); go(data); }));
console.log('told', told.word);""",
    """import asyncio
from comm import create_comm
print('on')
ours, told = create_comm(target_name="a target"), asyncio.get_running_loop().create_future()
ours.on_msg(lambda m: (print('handler'), told.set_result(m["content"]["data"])))
print('told', (await told)['word'])""",
)


def await_comm(kernel):
    """Starts a cell that awaits a comm message; gives its id and the comm's."""
    id = kernel.start(kernel.say(*AWAITS))
    opened = []
    while not opened:
        opened = of_type([kernel.next_published()], "comm_open")
    return id, opened[0]["comm_id"]


@scenario
def a_cell_that_awaits_a_comm_message_goes_on(kernel):
    cell, comm = await_comm(kernel)
    message = kernel.send("shell", "comm_msg", {"comm_id": comm, "data": {"word": "now"}})
    equal(kernel.reply_to(cell)["content"]["status"], "ok")
    printed = [m for m in kernel.published_until_idle(cell) if m["msg_type"] == "stream"]
    told = [(m["parent_header"]["msg_id"], m["content"]["text"]) for m in printed]
    equal([each for each in told if each[1] != "on\n"], [(message, "handler\n"), (cell, "told now\n")])


@scenario
def all_but_cells_is_answered_while_a_cell_awaits(kernel):  # [2]
    cell, comm = await_comm(kernel)
    queued = kernel.start("1")
    code = kernel.say("Math.max", "zip")
    where = {"code": code, "cursor_pos": len(code), "detail_level": 0}
    tail = {"hist_access_type": "tail", "n": 2, "output": False, "raw": True}
    asked = {
        "complete_request": where,
        "inspect_request": where,
        "is_complete_request": {"code": code},
        "history_request": tail,
        "comm_info_request": {},
    }
    for kind, content in asked.items():
        id = kernel.send("shell", kind, content)
        assert kernel.reply_to(id, seconds=SOON)["content"]["status"] in ("ok", "complete"), kind
        states = []
        while not states or states[-1] != (cell, "busy"):
            message = kernel.next_published()
            if message["msg_type"] == "status" and (states or message["parent_header"]["msg_id"] == id):
                states.append((message["parent_header"]["msg_id"], message["content"]["execution_state"]))
        equal(states, [(id, "busy"), (id, "idle"), (cell, "busy")])
    kernel.send("shell", "comm_msg", {"comm_id": comm, "data": {"word": "now"}})
    equal([kernel.reply_to(id)["content"]["status"] for id in (cell, queued)], ["ok", "ok"])
    kernel.published_for(queued)


@scenario
def subshells_are_made_listed_and_deleted(kernel):
    made = [kernel.ask("control", "create_subshell_request")["content"] for _ in range(2)]
    equal([content["status"] for content in made], ["ok", "ok"])
    ids = [content["subshell_id"] for content in made]
    listed = lambda: kernel.ask("control", "list_subshell_request")["content"]
    equal(listed(), {"status": "ok", "subshell_id": ids})
    for id in ids:
        equal(kernel.ask("control", "delete_subshell_request", {"subshell_id": id})["content"], {"status": "ok"})
        equal(kernel.ask("control", "delete_subshell_request", {"subshell_id": id})["content"]["status"], "error")
    equal(listed(), {"status": "ok", "subshell_id": []})
    refused = kernel.reply_to(kernel.start("1", subshell=ids[0]))["content"]
    equal((refused["status"], refused["ename"]), ("error", "UnknownSubshellError"))


@scenario
def cells_of_a_subshell_run_while_the_main_one_awaits(kernel):  # [2]
    subshell = kernel.ask("control", "create_subshell_request")["content"]["subshell_id"]
    kernel.run(kernel.say("var place = 'nowhere'", "place = 'nowhere'"))
    main, comm = await_comm(kernel)
    typescript = "await new Promise((go) => setTimeout(go, 1500)); nothing.here"  # the next is sent before it fails
    failing = kernel.say(typescript, "import asyncio\nawait asyncio.sleep(1.5)\nnothing.here")
    ids = [kernel.start(code, subshell=subshell) for code in (failing, "1")]
    equal([kernel.reply_to(id)["content"]["status"] for id in ids], ["error", "aborted"])
    kernel.published_for(ids[-1])
    code = kernel.say("place = 'here'; console.log('sub'); place", "place = 'here'; print('sub')\nplace")
    id = kernel.start(code, subshell=subshell)
    count = kernel.reply_to(id)["content"]["execution_count"]
    messages = kernel.published_for(id)
    equal(kernel.printed(messages), "sub\n")
    [result] = of_type(messages, "execute_result")
    equal((result["data"]["text/plain"], result["execution_count"]), ("'here'", count))
    kernel.send("shell", "comm_msg", {"comm_id": comm, "data": {"word": "now"}})
    equal(kernel.reply_to(main)["content"]["execution_count"], count - 2)
    kernel.published_for(main)
    equal(of_type(kernel.run("place")[1], "execute_result")[0]["data"]["text/plain"], "'here'")
    kernel.ask("control", "delete_subshell_request", {"subshell_id": subshell})


@scenario
def an_interrupt_ends_the_main_shells_cell_alone(kernel):  # [1]
    subshell = kernel.ask("control", "create_subshell_request")["content"]["subshell_id"]
    typescript = "console.log('on'); await new Promise((go) => setTimeout(go, 1500)); 1"
    code = kernel.say(typescript, "import asyncio\nprint('on')\nawait asyncio.sleep(1.5)\n1")
    other = kernel.start(code, subshell=subshell)
    kernel.until_printed("on")
    main = kernel.start(code)
    kernel.until_printed("on")
    by_message(kernel)()
    assert kernel.reply_to(main)["content"]["ename"] in (*STOPPED, "CancelledError")
    equal(kernel.reply_to(other)["content"]["status"], "ok")
    kernel.published_for(other)
    kernel.ask("control", "delete_subshell_request", {"subshell_id": subshell})


@scenario
def connect_reply_names_the_ports(kernel):
    content = kernel.ask("control", "connect_request")["content"]
    names = ("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port")
    equal(content, {"status": "ok", **{name: getattr(kernel.client, name) for name in names}})


@scenario
def usage_reply_has_what_the_kernel_uses(kernel):
    kernel.ask("control", "usage_request")
    id = kernel.start(kernel.say("console.log('on'); for (;;);", "print('on', flush=True)\nwhile True: pass"))
    kernel.until_printed("on")
    time.sleep(0.5)
    content = kernel.ask("control", "usage_request")["content"]
    by_message(kernel)()
    kernel.reply_to(id)
    kernel.published_for(id)
    process = psutil.Process(kernel.manager.provisioner.process.pid)
    memory, host = process.memory_full_info().pss, psutil.virtual_memory()
    equal((content["pid"], content["cpu_count"]), (process.pid, psutil.cpu_count()))
    assert content["hostname"], content
    assert 10 < content["kernel_cpu"], content
    assert 0 < content["host_cpu_percent"] <= 100, content
    assert 0.5 < content["kernel_memory"] / memory < 2, (content, memory)
    equal(set(content["host_virtual_memory"]), set(host._asdict()))
    equal(content["host_virtual_memory"]["total"], host.total)


if __name__ == "__main__":
    main()
