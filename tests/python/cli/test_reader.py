"""Traffic files: what is read, and what is said of what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.command_line import Write
from sluice.cli.simulate.mapping import MappingError, mapping_of
from sluice.cli.simulate.reader import TrafficError, open_traffic


@pytest.mark.parametrize(
    "text",
    [
        "src dst time\n1 2 3\n",
        "src\tdst\ttime\n1\t2\t3\n",
        "src,dst,time\n1,2,3\n",
        "src;dst;time\r\n1;2;3\r\n",
        "  src   dst time \n\n 1  2 3",
    ],
)
def test_the_separator_is_what_the_header_holds(write: Write, text: str) -> None:
    traffic = open_traffic(write("t.txt", text))
    assert traffic.columns == ("src", "dst", "time")
    assert [list(row.fields) for row in traffic.rows()] == [["1", "2", "3"]]


def test_quoted_fields_may_hold_the_separator_and_line_ends(write: Write) -> None:
    rows = list(open_traffic(write("t.csv", 'src,note,time\n1,"a, ""b""\nc",5\n2,d,6\n')).rows())
    assert rows[0].fields == ["1", 'a, "b"\nc', "5"]
    assert rows[1].line == 4


def test_a_byte_order_mark_and_comments_before_the_header_are_skipped(write: Write) -> None:
    traffic = open_traffic(write("t.txt", "\ufeff# from somewhere, cited\n# columns follow\nsrc time\n1 2\n#3 4\n"))
    assert traffic.columns == ("src", "time")
    assert [list(row.fields) for row in traffic.rows()] == [["1", "2"], ["#3", "4"]]


def test_a_file_without_a_header_gets_its_names_from_the_caller(write: Write) -> None:
    traffic = open_traffic(write("t.txt", "1 2 3\n"), ["src", "dst", "time"])
    assert [list(row.fields) for row in traffic.rows()] == [["1", "2", "3"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.txt is empty"),
        ("\n# only words\n\n", "t.txt is empty"),
        ("1 2 3\n4 5 6\n", "t.txt, line 1: '1 2 3' looks like a message"),
        ("src src\n1 2\n", "two columns are called 'src'"),
        ("src,,time\n1,2,3\n", "a column has no name"),
        ("src dst\n1 2\n1 2 3\n", "t.txt, line 3: 3 fields, but the header has src, dst"),
        ('src,dst\n1,"2\n', "t.txt, line 2: "),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_why(write: Write, text: str, message: str) -> None:
    with pytest.raises(TrafficError) as wrong:
        list(open_traffic(write("t.txt", text)).rows())
    assert message in str(wrong.value)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"src time\n\xff\xfe 1\n")
    with pytest.raises(TrafficError, match="not UTF-8"):
        list(open_traffic(tmp_path / "t.txt").rows())


def test_a_column_of_the_dimensions_own_name_needs_no_mapping(write: Write) -> None:
    traffic = open_traffic(write("t.txt", "account dst\na b\n"))
    mapping = mapping_of(traffic, "send", ["account", "line"], [], {"line": "dst"}, {})
    assert [mapping.values_of(row) for row in traffic.rows()] == [["a", "b"]]
    assert mapping.described() == {"account": "column account", "line": "column dst"}


@pytest.mark.parametrize(
    ("columns", "constants", "message"),
    [
        ({}, {}, "send needs a value for 'line': --map line=COLUMN or --set line=VALUE\ncolumns of t.txt: account, dst"),
        ({"line": "lime"}, {}, "--map line=lime: t.txt has no column 'lime'; it has account, dst"),
        ({"lime": "dst"}, {}, "send has no 'lime'; it takes account, line"),
        ({"line": "dst"}, {"line": "1"}, "'line' has a column and a constant"),
    ],
)
def test_a_mapping_mistake_names_what_there_is(
    write: Write, columns: dict[str, str], constants: dict[str, str], message: str
) -> None:
    traffic = open_traffic(write("t.txt", "account dst\na b\n"))
    with pytest.raises(MappingError) as wrong:
        mapping_of(traffic, "send", ["account", "line"], [], columns, constants)
    assert message in str(wrong.value)


def test_an_empty_value_and_a_quantity_that_is_no_number_name_the_line(write: Write) -> None:
    traffic = open_traffic(write("t.csv", "account,parts\n,1\na,many\n"))
    mapping = mapping_of(traffic, "bulk", ["account"], ["parts"], {}, {})
    first, second = traffic.rows()
    with pytest.raises(TrafficError, match=r"t\.csv, line 2: no account"):
        mapping.values_of(first)
    with pytest.raises(TrafficError, match=r"t\.csv, line 3: parts is 'many'"):
        mapping.quantities_of(second)
