from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import TESTS, needs_plumb

import plumb
from plumb import frames

FAKE = [sys.executable, str(TESTS / "fake_worker.py")]


def pid_of(worker):
    return worker.request("version")[0]["pid"]


def is_alive(pid):
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid):
    for _ in range(200):
        if not is_alive(pid):
            return True
        time.sleep(0.02)
    return False


def test_the_payload_comes_back_byte_for_byte(fake):
    parts = [b"abc", bytearray(b"\x00\xff"), memoryview(bytes(range(256)))[::-1].tobytes(), b""]
    header, payload = fake.request("echo", parts, texts=["naïve 😀", None])
    assert bytes(payload) == b"".join(parts)
    assert header["header"]["texts"] == ["naïve 😀", None]
    assert not payload.readonly


def test_a_payload_of_an_array_is_sent_as_its_bytes(fake):
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(6, dtype="<f4").reshape(2, 3)
    _, payload = fake.request("echo", memoryview(array))
    assert bytes(payload) == array.tobytes()


def test_keys_that_are_none_are_left_out(fake):
    header, _ = fake.request("echo", df=None, normalize=False)
    assert header["header"] == {"do": "echo", "normalize": False}


def test_large_payloads_in_both_directions(fake):
    sent = os.urandom(1 << 20) * 40
    _, payload = fake.request("echo", sent)
    assert payload == sent


def test_an_answer_that_says_no_raises_its_sentence_and_the_worker_goes_on(fake):
    pid = pid_of(fake)
    with pytest.raises(plumb.PlumbError, match=r"^this is refused\.$"):
        fake.request("refuse")
    assert pid_of(fake) == pid


def test_a_worker_that_died_is_named_with_its_last_lines_and_the_next_request_starts_another(fake):
    pid = pid_of(fake)
    with pytest.raises(plumb.WorkerDiedError, match="status 9") as caught:
        fake.request("die")
    assert "out of memory" in str(caught.value)
    assert "line 39" in str(caught.value)
    assert "line 3\n" not in str(caught.value)
    assert pid_of(fake) != pid
    assert fake.starts == 2


def test_an_answer_that_breaks_off_is_an_error(fake):
    with pytest.raises(plumb.WorkerDiedError, match="status 3"):
        fake.request("die_within_payload")
    assert fake.request("echo", b"x")[1] == b"x"


def test_a_fatal_answer_ends_the_process(fake):
    pid = pid_of(fake)
    with pytest.raises(plumb.PlumbError, match="this ends it"):
        fake.request("fatal")
    assert pid_of(fake) != pid


def test_a_worker_that_was_killed_between_requests_is_replaced(fake):
    pid = pid_of(fake)
    os.kill(pid, signal.SIGKILL)
    assert wait_until_gone(pid)
    assert pid_of(fake) != pid


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files are counted on Linux")
def test_workers_that_were_killed_leave_no_open_files(fake):
    counts = []
    for _ in range(3):
        os.kill(fake.request("version")[0]["pid"], signal.SIGKILL)
        fake._process._process.wait()
        fake.request("version")
        counts.append(len(os.listdir("/proc/self/fd")))
    assert counts[0] == counts[-1]


def test_much_on_standard_error_does_not_stop_the_worker(fake):
    assert fake.request("noise")[0]["ok"]


def test_an_interrupt_within_a_request_does_not_mix_up_the_answers(fake):
    fake.request("version")

    def interrupt(*_):
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            fake.request("slow", seconds=20, texts=["first"])
    finally:
        signal.signal(signal.SIGALRM, former)
    assert fake.request("slow", seconds=0, texts=["second"])[0]["texts"] == ["second"]


def test_a_request_within_a_request_of_the_same_thread_is_refused(fake):
    fake.request("version")
    errors = []

    def nested(*_):
        try:
            fake.request("version")
        except plumb.PlumbError as error:
            errors.append(str(error))

    former = signal.signal(signal.SIGALRM, nested)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        assert fake.request("slow", seconds=0.4, texts=["a"])[0]["texts"] == ["a"]
    finally:
        signal.signal(signal.SIGALRM, former)
    assert len(errors) == 1
    assert "another one of the same thread" in errors[0]


def test_threads_share_a_worker(fake):
    found = {}

    def work(number):
        for turn in range(20):
            data = f"{number}/{turn}".encode() * 1000
            found[number, turn] = fake.request("echo", data)[1] == data

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 160
    assert all(found.values())
    assert fake.starts == 1


def in_child(work):
    """The exit status of a forked child that runs `work`."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if work() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_forked_child_starts_its_own_process(fake):
    pid = pid_of(fake)
    assert in_child(lambda: pid_of(fake) != pid) == 0
    assert pid_of(fake) == pid


def test_a_fork_while_another_thread_has_a_request_running(fake):
    fake.request("version")
    thread = threading.Thread(target=fake.request, args=("slow",), kwargs={"seconds": 0.5})
    thread.start()
    time.sleep(0.1)
    assert in_child(lambda: fake.request("echo", b"x")[1] == b"x") == 0
    thread.join()
    assert fake.request("echo", b"y")[1] == b"y"


def test_the_process_ends_though_a_forked_child_lives_on(fake):
    pid = pid_of(fake)
    child = os.fork()
    if child == 0:
        time.sleep(20)
        os._exit(0)
    try:
        fake.close()
        assert wait_until_gone(pid)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_child_that_ends_in_order_leaves_the_parents_process_alone(fake):
    pid = pid_of(fake)
    child = os.fork()
    if child == 0:
        fake.close()
        gc.collect()
        os._exit(0)
    os.waitpid(child, 0)
    assert pid_of(fake) == pid


def test_the_process_ends_when_nothing_refers_to_the_worker():
    worker = plumb.Worker(command=FAKE)
    pid = pid_of(worker)
    del worker
    gc.collect()
    assert wait_until_gone(pid)


def test_the_process_ends_with_python(tmp_path):
    script = (
        "import sys, plumb\nworker = plumb.Worker(command=sys.argv[1:])\nprint(worker.request('version')[0]['pid'], flush=True)\n"
    )
    output = subprocess.run([sys.executable, "-c", script, *FAKE], capture_output=True, text=True, check=True)
    assert output.stderr == ""
    assert wait_until_gone(int(output.stdout))


def test_no_process_is_started_when_python_has_ended():
    script = f"""
import plumb

class Late:
    worker = plumb.Worker(command={FAKE!r})

    def __del__(self):
        self.worker.request("version")

late = Late()
late.worker.request("version")
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert "Python is ending" in ended.stderr


def test_a_worker_can_be_closed_twice_and_used_again(fake):
    pid = pid_of(fake)
    fake.close()
    fake.close()
    assert wait_until_gone(pid)
    assert pid_of(fake) != pid


def test_threads_is_passed_on_and_checked():
    with plumb.Worker(threads=3, command=FAKE) as worker:
        assert worker.request("version")[0]["arguments"] == ["worker", "--parent", str(os.getpid()), "--threads", "3"]
    with pytest.raises(ValueError, match="at least 1"):
        plumb.Worker(threads=0)
    with pytest.raises(ValueError, match="at least 1"):
        plumb.set_threads(0)


def test_a_pickled_worker_has_the_same_settings():
    worker = pickle.loads(pickle.dumps(plumb.Worker(2, FAKE)))
    assert (worker.threads, worker.command) == (2, FAKE)


def test_another_protocol_is_refused(monkeypatch):
    monkeypatch.setenv("FAKE_PROTOCOL", "2")
    with plumb.Worker(command=FAKE) as worker, pytest.raises(plumb.PlumbError, match="speaks version 2"):
        worker.request("version")


def test_a_program_that_is_no_worker_is_named_with_what_it_says():
    command = [sys.executable, "-c", "import sys; sys.exit('plumb: There is no command worker.')"]
    with plumb.Worker(command=command) as worker, pytest.raises(plumb.WorkerDiedError, match="There is no command"):
        worker.request("version")


@pytest.mark.parametrize("answer", ["worker", "5", "[]", '{"ok": true, "bytes": -5}', '{"ok": true, "bytes": 99999999999999}'])
def test_a_program_that_answers_otherwise_is_named(answer):
    command = [sys.executable, "-c", f"print({answer!r}, flush=True); input()"]
    with plumb.Worker(command=command) as worker, pytest.raises(plumb.PlumbError, match=r"python.* answers with .*PLUMB_COMMAND"):
        worker.request("version")


def test_a_lone_surrogate_is_named_before_anything_is_sent(fake):
    with pytest.raises(ValueError, match=r"^candidates\[1\] has a lone surrogate.*a\\ud800"):
        fake.request("score", candidates=["a", "a\ud800"])
    with pytest.raises(ValueError, match=r"^references\[0\]\[1\] has"):
        fake.request("score", candidates=["a"], references=[["b", "\udfff"]])
    assert fake.starts == 0


def test_frames_over_the_limits_are_refused_before_anything_is_sent(fake, monkeypatch):
    monkeypatch.setattr(frames, "MAX_HEADER", 1000)
    monkeypatch.setattr(frames, "MAX_PAYLOAD", 2000)
    with pytest.raises(ValueError, match="Send fewer items"):
        fake.request("echo", texts=["word"] * 1000)
    with pytest.raises(ValueError, match=r"2,001 bytes"):
        fake.request("echo", [b"x" * 2000, b"x"])
    assert fake.starts == 0


@needs_plumb
def test_plumb_worker_lives_on_when_the_thread_that_started_it_ends():
    with plumb.Worker(threads=1) as worker:
        thread = threading.Thread(target=worker.request, args=("version",))
        thread.start()
        thread.join()
        time.sleep(1.5)
        assert worker.request("words", texts=["Two cats."])[0]["texts"] == ["two cats"]
        assert worker.starts == 1


@needs_plumb
def test_plumb_worker_refuses_with_a_sentence():
    with plumb.Worker(threads=1) as worker:
        with pytest.raises(plumb.PlumbError, match=r'no request "paint"'):
            worker.request("paint")
        with pytest.raises(plumb.PlumbError, match=r'"words" has no key "text"'):
            worker.request("words", texts=["a"], text=["a"])


@needs_plumb
def test_set_threads_starts_the_shared_worker_anew():
    try:
        plumb.set_threads(1)
        first = plumb.worker.default()
        assert first.threads == 1
        assert plumb.split_words(["A cat."]) == ["a cat"]
        plumb.set_threads(2)
        assert plumb.worker.default() is not first
        assert plumb.worker.default().threads == 2
    finally:
        plumb.set_threads(None)
