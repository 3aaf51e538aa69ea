import copy
import csv
import dataclasses
import json

import pytest

from onrecord.errors import CorpusError
from onrecord_training.converters import READERS, WRITERS, import_corpus
from onrecord_training.converters.doccano import EMPTY_RELATIONS
from onrecord_training.converters.mapping import LabelMap
from onrecord_training.corpus import GoldStatement, Record, read_corpus, write_corpus

from .conftest import COMMITS, OPPOSES, PAIRS, SPANS, TEXT, put

BARE = tuple(dataclasses.replace(item, stance=None) for item in (OPPOSES, COMMITS))
STANCES = {"c1": "opposes", "c2": "commits"}


def utf16(offset):
    return offset + (offset > 0)


def studio(shift=int, *, words=True, **annotation):
    rows = []
    for key, (start, end, label) in SPANS.items():
        value = {"start": shift(start), "end": shift(end), "labels": [label]}
        if words:
            value["text"] = TEXT[start:end]
        rows.append({"id": key, "type": "labels", "value": value})
        if key in STANCES:
            choice = {"start": shift(start), "end": shift(end), "choices": [STANCES[key]]}
            rows.append({"id": key, "type": "choices", "value": choice})
    rows += [
        {"type": "relation", "from_id": a, "to_id": b, "labels": [f"{SPANS[a][2].lower()}_of"]}
        for a, b in PAIRS
    ]
    annotation = {"was_cancelled": False, "result": rows, **annotation}
    return {"id": 7, "data": {"text": TEXT, "title": "Canal"}, "annotations": [annotation]}


@pytest.mark.parametrize("words", [True, False])
@pytest.mark.parametrize("shift", [int, utf16])
def test_label_studio_is_read_in_either_offset_unit(load, shift, words):
    done = load("labelstudio", [studio(shift, words=words)], "export.json")
    assert not done.report.rejected
    (record,) = done.records
    assert record.id == "7"
    assert record.statements == (OPPOSES, COMMITS)
    assert record.extra["title"] == "Canal"
    assert done.report.repaired == ({"as utf16": 8} if shift is utf16 else {})
    assert done.report.stances == {"opposes": 1, "commits": 1}
    assert done.report.roles == {"cue": 2, "source": 2, "content": 2, "target": 2}


def test_label_studio_texts_and_choices_become_attributes(load):
    task = studio()
    rows = task["annotations"][0]["result"]
    rows += [
        {"id": "c1", "type": "textarea", "from_name": "actor", "value": {"text": ["Oskvar"]}},
        {
            "id": "c1",
            "type": "choices",
            "from_name": "conditional",
            "value": {"choices": ["conditional"]},
        },
    ]
    statement = load("labelstudio", [task], "export.json").records[0].statements[0]
    assert statement.actor == "Oskvar"
    assert statement.conditional


def test_cancelled_and_missing_annotations_are_skipped_and_counted(load):
    tasks = [studio(was_cancelled=True), {"id": 8, "data": {"text": TEXT}, "annotations": []}]
    report = load("labelstudio", [*tasks, studio() | {"id": 9}], "export.json").report
    assert report.skipped == {"annotation was cancelled": 1, "no annotation": 1}
    assert report.imported == 1


@pytest.mark.parametrize("who", [{}, {"completed_by": 4}])
def test_two_annotations_of_one_task_are_compared_whoever_made_them(load, who):
    task = studio(**who)
    task["annotations"] += studio(**who)["annotations"]
    report = load("labelstudio", [task], "export.json").report
    assert not report.rejected
    first = "4" if who else "annotation-1"
    assert report.annotators == {first: 1, "annotation-2": 1}
    assert report.agreement.alpha["cue"] == 1.0


def test_the_only_annotation_of_a_task_needs_no_annotator(load):
    assert not load("labelstudio", [studio()], "export.json").report.annotators


def regions(*spans, links=(), stances=None):
    """Build a task about TEXT from (id, start, end, label), links and stances by id."""
    rows = [
        {"id": key, "type": "labels", "value": {"start": start, "end": end, "labels": [label]}}
        for key, start, end, label in spans
    ]
    for key, stance in (stances or {}).items():
        rows.append({"id": key, "type": "choices", "value": {"choices": [stance]}})
    for child, head, label in links:
        rows.append({"type": "relation", "from_id": child, "to_id": head, "labels": [label]})
    return [{"id": 7, "data": {"text": TEXT}, "annotations": [{"result": rows}]}]


def test_a_relation_gives_a_span_a_second_role(load):
    spans = [("c", 9, 16, "Cue"), ("c2", 54, 58, "Cue"), ("k", 17, 31, "Content")]
    links = [("k", "c", "content_of"), ("k", "c", "target_of")]
    done = load("labelstudio", regions(*spans, links=links), "export.json")
    assert done.records[0].statements[0] == GoldStatement((9, 16), None, ((17, 31),), (17, 31))


@pytest.mark.parametrize("ends", [("c", "c2"), ("c2", "c")])
@pytest.mark.parametrize("chosen", ["c", "c2"])
def test_a_cue_keeps_its_stance_whichever_part_it_was_chosen_for(load, ends, chosen):
    spans = [("c", 54, 58, "Cue"), ("c2", 65, 68, "Cue"), ("s", 33, 53, "Source")]
    links = [(*ends, "cue_continues"), ("s", "c", "source_of")]
    task = regions(*spans, links=links, stances={chosen: "commits"})
    (statement,) = load("labelstudio", task, "export.json").records[0].statements
    assert statement.cue_parts == ((54, 58), (65, 68))
    assert (statement.stance, statement.source) == ("commits", (33, 53))


def test_a_cue_in_three_parts_is_one_however_its_relations_are_drawn(load):
    spans = [("c", 54, 58, "Cue"), ("c2", 65, 68, "Cue"), ("c3", 74, 76, "Cue")]
    for links in ([("c", "c2"), ("c2", "c3")], [("c3", "c2"), ("c2", "c")], [("c3", "c2")] * 2):
        drawn = [(*ends, "cue_continues") for ends in links]
        (record,) = load("labelstudio", regions(*spans, links=drawn), "export.json").records
        assert len(record.statements) == (2 if links[0] == links[1] else 1)


def test_parts_of_a_cue_with_different_stances_are_refused(load):
    spans = [("c", 54, 58, "Cue"), ("c2", 65, 68, "Cue")]
    task = regions(
        *spans, links=[("c2", "c", "cue_continues")], stances={"c": "commits", "c2": "warns"}
    )
    (reject,) = load("labelstudio", task, "export.json").report.rejected
    assert "'commits' and 'warns'" in reject.reason


def test_a_discontinuous_target_keeps_its_longest_part_and_says_so(load):
    spans = [("c", 9, 16, "Cue"), ("t", 17, 20, "Target"), ("t2", 21, 31, "Target")]
    done = load("labelstudio", regions(*spans), "export.json")
    assert done.records[0].statements[0].target == (21, 31)
    assert done.report.notes["targets in several parts cut to the longest"] == 1


def test_a_number_without_a_cue_is_refused(load):
    spans = [("c", 9, 16, "Cue#1"), ("s", 2, 8, "Source#2")]
    (reject,) = load("labelstudio", regions(*spans), "export.json").report.rejected
    assert "'Source#2' has the number 2, but no cue has it" in reject.reason


def test_an_annotated_task_without_statements_is_a_record_without_statements(load):
    task = {"id": 1, "data": {"text": TEXT}, "annotations": [{"result": []}]}
    assert load("labelstudio", [task], "export.json").records == [Record("1", TEXT)]


def test_a_label_studio_export_without_relations_is_refused_not_guessed(load):
    task = studio()
    annotation = task["annotations"][0]
    annotation["result"] = [row for row in annotation["result"] if row["type"] != "relation"]
    report = load("labelstudio", [task], "export.json").report
    assert report.imported == 0
    assert "6 spans have no relation to any of the 2 cues" in report.rejected[0].reason


def test_label_studio_json_min_is_refused_with_the_way_out(load):
    report = load("labelstudio", [{"text": TEXT, "label": []}], "export.json").report
    assert "not JSON-MIN" in report.rejected[0].reason


def test_spans_without_relation_go_to_the_only_cue(load):
    entities = [
        {"id": n, "start_offset": start, "end_offset": end, "label": label}
        for n, (start, end, label) in enumerate(list(SPANS.values())[:4])
    ]
    done = load("doccano", [{"id": 1, "text": TEXT, "entities": entities, "relations": []}])
    assert done.records[0].statements == (BARE[0],)
    assert done.report.notes == {EMPTY_RELATIONS: 1, "linked to the only cue of the text": 3}


def doccano_relations():
    entities = [
        {"id": key, "start_offset": start, "end_offset": end, "label": STANCES.get(key, label)}
        for key, (start, end, label) in SPANS.items()
    ]
    relations = [
        {"id": n, "from_id": a, "to_id": b, "type": "of"} for n, (a, b) in enumerate(PAIRS)
    ]
    return {"id": 3, "text": TEXT, "entities": entities, "relations": relations}


def test_a_doccano_relation_project_takes_the_stance_from_the_label_of_the_cue(load):
    assert load("doccano", [doccano_relations()]).records[0].statements == (OPPOSES, COMMITS)


def test_a_doccano_export_with_lost_relations_is_refused_and_reported(load):
    row = doccano_relations() | {"relations": []}
    report = load("doccano", [row, doccano_relations() | {"id": 4}]).report
    assert report.imported == 1
    assert "mark the text as complete" in report.rejected[0].reason


def test_a_doccano_sequence_project_numbers_its_labels(load):
    label = [[s, e, f"{name}#{key[1]}"] for key, (s, e, name) in SPANS.items()]
    assert load("doccano", [{"text": TEXT, "label": label}]).records[0].statements == BARE


def test_doccano_folders_hold_one_file_per_annotator(tmp_path):
    put(tmp_path, [doccano_relations()], "ana.jsonl")
    other = doccano_relations()
    other["entities"][1]["label"] = "warns"
    put(tmp_path, [other], "bo.jsonl")
    done = import_corpus(tmp_path, "doccano")
    assert done.report.annotators == {"ana": 1, "bo": 1}
    assert done.records[0].extra["annotator"] == "ana"
    assert done.report.agreement.alpha["cue"] == 1.0
    assert done.report.agreement.alpha["stance"] < 1.0
    kept = import_corpus(tmp_path, "doccano", annotator="bo").records[0]
    assert kept.statements[0].stance == "warns"
    with pytest.raises(CorpusError, match="annotator 'cy' has no document; annotators: ana, bo"):
        import_corpus(tmp_path, "doccano", annotator="cy")


def prodigy_task(**changes):
    def span(key):
        start, end, label = SPANS[key]
        return {"start": start, "end": end, "label": STANCES.get(key, label)}

    return {
        "text": TEXT,
        "_input_hash": 11,
        "spans": [span(key) for key in SPANS],
        "relations": [
            {"head_span": span(b), "child_span": span(a), "label": "part"} for a, b in PAIRS
        ],
        "answer": "accept",
        **changes,
    }


def test_prodigy_keeps_accepted_answers_only(load):
    rows = [prodigy_task(answer="reject"), prodigy_task(answer="ignore"), prodigy_task()]
    done = load("prodigy", rows)
    assert [record.statements for record in done.records] == [(OPPOSES, COMMITS)]
    assert done.report.skipped == {"answer is reject": 1, "answer is ignore": 1}


def argilla_record(status="submitted", label="{}#{}"):
    spans = [
        {"start": s, "end": e, "label": label.format(STANCES.get(key, name), key[1])}
        for key, (s, e, name) in SPANS.items()
    ]
    answer = {"value": spans, "user_id": "u1", "status": status}
    return {"id": "x", "fields": {"text": TEXT}, "responses": {"spans": [answer]}}


def test_argilla_joins_spans_by_the_number_in_their_label(load):
    done = load("argilla", [argilla_record()], "export.json")
    assert done.records[0].statements == (OPPOSES, COMMITS)
    assert done.report.annotators == {"u1": 1}


def test_argilla_leaves_out_discarded_and_empty_responses(load):
    rows = [argilla_record("discarded"), {"id": "y", "fields": {"text": TEXT}, "responses": {}}]
    report = load("argilla", rows, "export.json").report
    assert report.skipped == {"response is discarded": 1, "no response": 1}


def test_argilla_labels_without_numbers_are_refused_when_there_are_several_cues(load):
    report = load("argilla", [argilla_record(label="{}")], "export.json").report
    assert "number the labels: Cue#1, Source#1" in report.rejected[0].reason


ANN = """\
T1\tSource 2 8\tOskvar
T2\tCue 9 16\trejects
T3\tContent 17 31\tthe canal plan
T4\tAttribution 9 16\trejects
T5\tTarget 17 31\tthe canal plan
E1\tAttribution:T4 Content:T3 Cue:T2 Source:T1 Target:T5
A1\tStance E1 opposes
T6\tSource 33 53\tMinister Ilva Brandt
T7\tCue 54 58\tsaid
T8\tContent 59 77\tshe would sign it.
T9\tTarget 69 77\tsign it.
E2\tCue:T7 Source:T6 Content:T8 Target:T9
A2\tStance E2 commits
A3\tConditional E2
#1\tAnnotatorNotes E2\tactor=Ilva Brandt; represents=Oskvar
"""


def test_brat_events_attributes_and_notes_are_read(tmp_path):
    put(tmp_path, TEXT, "a.txt")
    put(tmp_path, ANN, "a.ann")
    done = import_corpus(tmp_path, "brat")
    first, second = done.records[0].statements
    assert done.records[0].id == "a"
    assert first == OPPOSES
    assert second == dataclasses.replace(
        COMMITS, conditional=True, actor="Ilva Brandt", represents="Oskvar"
    )


def test_brat_is_read_in_the_folders_of_polnear(tmp_path):
    for name in ("text", "attributions"):
        (tmp_path / "train" / name).mkdir(parents=True)
    put(tmp_path / "train" / "text", TEXT, "a.txt")
    put(tmp_path / "train" / "attributions", ANN, "a.ann")
    assert import_corpus(tmp_path / "train", "brat").report.imported == 1


def test_brat_parts_of_a_discontinuous_span_become_content_parts(tmp_path):
    put(tmp_path, TEXT, "a.txt")
    ann = (
        "T1\tCue 9 16\trejects\nT2\tContent 17 20;27 31\tthe plan\n"
        "E1\tAttribution:T1 Cue:T1 Content:T2\n"
    )
    put(tmp_path, ann, "a.ann")
    (statement,) = import_corpus(tmp_path, "brat").records[0].statements
    assert statement.content == ((17, 20), (27, 31))


def test_brat_relations_are_read_where_there_are_no_events(tmp_path):
    put(tmp_path, TEXT, "a.txt")
    ann = "T1\tSource 2 8\tOskvar\nT2\topposes 9 16\trejects\nR1\tsource_of Arg1:T1 Arg2:T2\n"
    put(tmp_path, ann, "a.ann")
    (statement,) = import_corpus(tmp_path, "brat").records[0].statements
    assert statement == GoldStatement((9, 16), (2, 8), stance="opposes")


@pytest.mark.parametrize(
    ("ann", "message"),
    [
        ("T1\tCue nine 16\trejects\n", "is not brat standoff"),
        ("nonsense\n", "is not brat standoff"),
        ("E1\tAttribution:T4 Cue:T9\n", "Cue T9 is not a text-bound"),
        ("T1\tCue 9 16\tdenies\nE1\tAttribution:T1 Cue:T1\n", "'denies' does not occur"),
    ],
)
def test_a_faulty_ann_file_does_not_lose_the_others(tmp_path, ann, message):
    put(tmp_path, TEXT, "a.txt")
    put(tmp_path, ANN, "a.ann")
    put(tmp_path, TEXT, "b.txt")
    put(tmp_path, ann, "b.ann")
    report = import_corpus(tmp_path, "brat").report
    assert report.imported == 1
    assert message in report.rejected[0].reason
    assert report.rejected[0].id == "b"


def test_an_ann_file_without_its_text_is_named(tmp_path):
    put(tmp_path, ANN, "a.ann")
    report = import_corpus(tmp_path, "brat").report
    assert "0 texts named a.txt found" in report.rejected[0].reason


def test_citron_quotes_become_statements_without_stance(load):
    def span(key):
        start, end, _ = SPANS[key]
        return {"start": start, "end": end, "text": TEXT[start:end]}

    quotes = [
        {"cue": span(f"c{n}"), "sources": [span(f"s{n}")], "contents": [span(f"k{n}")]}
        for n in (1, 2)
    ]
    done = load("citron", [{"text": TEXT, "quotes": quotes}])
    assert done.records[0].statements == tuple(
        dataclasses.replace(item, target=None) for item in BARE
    )
    assert done.report.stances == {"(none)": 2}


CSV = (
    "text;source;cue;content;target;stance\n"
    f'"{TEXT}";Oskvar;rejects;the canal plan;the canal plan;opposes\n'
    f'"{TEXT}";Minister Ilva Brandt;said;she would sign it.;sign it.;commits\n'
)


def test_csv_strings_are_aligned_to_the_text(load):
    done = load("csv", CSV, "rows.csv")
    assert done.records[0].statements == (OPPOSES, COMMITS)
    assert done.records[0].id == "rows-2"


def test_csv_places_a_repeated_word_next_to_its_content(load):
    text = "He said no. Later he said that the plan is dead."
    rows = f'id,text,source,cue,content\nx,"{text}",he,said,the plan is dead\n'
    (statement,) = load("csv", rows, "rows.csv").records[0].statements
    assert statement.cue == (21, 25)
    assert statement.source == (18, 20)


def csv_places(load, text, **row):
    table = f"id,text,{','.join(row)}\nx,{text},{','.join(row.values())}\n"
    done = load("csv", table, "rows.csv")
    return done.records[0].statements[0] if done.records else done.report.rejected[0].reason


def test_csv_takes_the_content_that_is_nearest_to_the_cue(load):
    text = "Critics say the plan is old. Minister Ana Vrabec opposes the plan."
    found = csv_places(load, text, cue="opposes", content="the plan")
    assert found == GoldStatement((49, 56), None, ((57, 65),))


def test_csv_takes_the_cue_beside_the_content_before_one_inside_it(load):
    text = "He said the minister had said it was over."
    found = csv_places(load, text, cue="said", content="the minister had said it was over")
    assert found.cue == (3, 7)


def test_csv_takes_a_cue_inside_the_content_where_there_is_no_other(load):
    text = "The plan Ana said is dead. Ana smiled."
    found = csv_places(load, text, source="Ana", cue="said", content="The plan Ana said is dead")
    assert found == GoldStatement((13, 17), (9, 12), ((0, 25),))


def test_csv_takes_the_source_beside_the_content_before_one_inside_it(load):
    text = "Late at night he told them so because he said he would go."
    found = csv_places(load, text, source="he", cue="said", content="he would go")
    assert found.source == (38, 40)


def test_csv_keeps_the_parts_of_a_content_together(load):
    text = "The plan is old. The plan Ana said is dead."
    found = csv_places(load, text, cue="said", content="The plan | is dead")
    assert found.content == ((17, 25), (35, 42))


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("the plan opposes the plan.", {"cue": "opposes", "content": "the plan"}),
        ("He said go now said he.", {"cue": "said", "content": "go now"}),
        ("Ana said Ana. No.", {"source": "Ana", "cue": "said"}),
    ],
)
def test_csv_rejects_a_row_that_fits_two_places_equally_well(load, text, row):
    assert "equally near" in csv_places(load, text, **row)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,b rejects,a,rejected,,", "cue 'rejected' does not occur"),
        ("a,he said he said so,,said,,", "cue 'said' occurs 2 times; give the content"),
        ("a,b rejects,,rejects,,oposes", "did you mean 'opposes'"),
    ],
)
def test_a_csv_row_that_cannot_be_placed_rejects_its_record(load, row, message):
    table = f"id,text,source,cue,content,stance\n{row}\nz,He said so,He,said,so,states\n"
    report = load("csv", table, "rows.csv").report
    assert report.imported == 1
    assert message in report.rejected[0].reason


def test_csv_rows_of_one_id_must_have_one_text(load):
    table = "id,text,cue\na,He said so,said\na,She said so,said\n"
    assert "different texts" in load("csv", table, "rows.csv").report.rejected[0].reason


def test_a_csv_without_the_needed_columns_is_refused(load):
    with pytest.raises(CorpusError, match="column 'cue' is missing"):
        load("csv", "text,Cues\nx,y\n", "rows.csv")


def test_a_short_csv_row_is_a_fault_with_its_line(load):
    table = 'id,cue,text\na,said\nb,said,"He said\nso"\nc\n'
    report = load("csv", table, "rows.csv").report
    assert report.imported == 1
    assert [reject.line for reject in report.rejected] == [2, 5]
    assert "no text" in report.rejected[0].reason


@pytest.mark.parametrize("limit", [131_072, 2**24])  # of the process: any module may change it
def test_an_unclosed_quote_in_a_csv_is_refused_with_its_line(load, limit):
    before = csv.field_size_limit(limit)
    table = 'id,text,cue\na,He said so,said\nb,"He said so,said\n' + "c,He said,said\n" * 12_000
    try:
        with pytest.raises(CorpusError, match=r"rows\.csv:3: .*quote"):
            load("csv", table, "rows.csv")
    finally:
        csv.field_size_limit(before)


def test_tables_without_ids_are_named_by_their_files(tmp_path):
    for name in "xy":
        put(tmp_path, f"text,cue\n{name.upper()} said so,said\n", f"{name}.csv")
    done = import_corpus(tmp_path, "csv")
    assert not done.report.rejected
    assert [record.id for record in done.records] == ["x-2", "y-2"]


@pytest.mark.parametrize("name", ["labelstudio", "house", "feedback"])
def test_an_indented_json_object_is_one_record(load, name):
    row = studio() if name == "labelstudio" else Record("7", TEXT, (OPPOSES, COMMITS)).to_dict()
    done = load(name, json.dumps(row, indent=2), "export.json")
    assert [record.statements for record in done.records] == [(OPPOSES, COMMITS)]


SEPARATED = "He\u2028said\x85it\x0cwas\rover."


def test_brat_words_with_other_line_ends_than_a_newline_are_read_back(tmp_path):
    record = Record("a", SEPARATED, (GoldStatement((3, 7), None, ((8, 20),)),))
    WRITERS["brat"]([record], tmp_path)
    done = import_corpus(tmp_path, "brat")
    assert done.records == [record]
    ann = (tmp_path / "a.ann").read_text(encoding="utf-8")
    assert len(ann.splitlines()) == ann.count("\n")


def test_brat_files_of_windows_are_read(tmp_path):
    put(tmp_path, TEXT, "a.txt")
    (tmp_path / "a.ann").write_bytes(ANN.replace("\n", "\r\n").encode())
    first, second = import_corpus(tmp_path, "brat").records[0].statements
    assert (first, second.represents) == (OPPOSES, "Oskvar")


def test_brat_keeps_ids_apart_and_passages_of_one_article_together(tmp_path):
    names = ["a#1", "a_1", "A_1", "a/1", "a#2"]
    records = [Record(name, TEXT, (OPPOSES,)) for name in names]
    assert WRITERS["brat"](records, tmp_path) == len(names)
    done = import_corpus(tmp_path, "brat")
    assert sorted(record.id for record in done.records) == sorted(names)
    assert {record.article for record in done.records} == {"a", "a_1", "A_1", "a/1"}


def test_brat_is_configured_for_the_stances_in_use(tmp_path):
    own = dataclasses.replace(OPPOSES, stance="boos")
    WRITERS["brat"]([Record("a", TEXT, (own, COMMITS))], tmp_path)
    assert "boos" in (tmp_path / "annotation.conf").read_text(encoding="utf-8")


def test_house_jsonl_with_utf16_offsets_and_words_is_repaired(load):
    row = Record("a", TEXT, (OPPOSES,)).to_dict()
    words = {
        role: {"start": s + 1, "end": e + 1, "text": TEXT[s:e]}
        for role, (s, e) in {"cue": (9, 16), "source": (2, 8), "target": (17, 31)}.items()
    }
    row["statements"][0] |= words | {"content": [words["target"]]}
    done = load("house", [row])
    assert done.records[0].statements == (OPPOSES,)
    assert done.report.repaired == {"as utf16": 4}


def test_feedback_keeps_its_extra_fields_and_leaves_out_what_was_refused(load):
    row = Record("a", TEXT, (OPPOSES,), {"origin": "feedback"}).to_dict() | {"annotator": "desk"}
    done = load("feedback", [row | {"id": "b", "status": "rejected"}, row])
    assert done.records[0].extra == {"origin": "feedback", "annotator": "desk"}
    assert done.report.skipped == {"status is rejected": 1}


def test_the_last_correction_of_a_passage_counts_and_articles_stay_together(load):
    row = Record("f1", TEXT, (OPPOSES,), {"origin": "feedback", "article_id": "x"}).to_dict()
    later = Record("f2", TEXT, (OPPOSES, COMMITS), {"article_id": "x"}).to_dict()
    done = load("feedback", [row, later, {"id": "f3", "text": 3, "statements": []}])
    assert [record.id for record in done.records] == ["f2"]
    assert done.records[0].article == "x"
    assert done.report.skipped == {"replaced by a later correction of the same passage": 1}
    assert "expected a string" in done.report.rejected[0].reason


def house(**changes):
    row = Record("bad", TEXT, (OPPOSES,)).to_dict()
    row["statements"][0].update(changes)
    return row


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (house(stance="against"), "stance 'against' is not a label"),
        (house(content=[[17, 31], [20, 33]]), "overlap"),
        (house(cue=[9, 900]), "does not slice"),
        (house(cue="rejects"), "whole numbers"),
        (house(stanse="x", stance=None), "'stance'"),
        ({"id": "bad", "text": TEXT}, "'statements' is missing"),
        ({"id": "bad", "text": " ", "statements": []}, "only white space"),
        ({"id": "bad", "text": None, "statements": []}, "expected a string"),
        ({"id": "good", "text": TEXT, "statements": []}, "occurs twice"),
    ],
)
def test_a_bad_record_is_reported_and_the_good_ones_are_kept(load, row, message):
    if row.get("statements") and row["statements"][0].get("stanse"):
        del row["statements"][0]["stance"]
    report = load("house", [Record("good", TEXT, (OPPOSES,)).to_dict(), row]).report
    assert report.imported == 1
    assert report.rejected[0].line == 2
    assert message in report.rejected[0].reason


@pytest.mark.parametrize("name", sorted(READERS))
def test_an_empty_or_missing_file_is_refused_in_every_format(name, tmp_path):
    with pytest.raises(CorpusError, match="no file here"):
        import_corpus(tmp_path / "nowhere", name)
    if name in ("brat", "uima", "webanno"):
        return
    with pytest.raises(CorpusError):
        import_corpus(put(tmp_path, "", "empty.csv" if name == "csv" else "empty.json"), name)


@pytest.mark.parametrize("name", ["labelstudio", "doccano", "prodigy", "argilla", "citron"])
def test_a_file_in_the_wrong_format_is_a_list_of_faults_not_a_crash(load, name):
    report = load(name, [{"foo": 1}, {"text": 3, "spans": [{}], "quotes": {}, "data": 3}]).report
    assert report.imported == 0
    assert len(report.rejected) == 2


def test_an_unknown_format_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(CorpusError, match="did you mean 'labelstudio'"):
        import_corpus(tmp_path, "label-studio")


def test_labels_are_mapped_by_the_project_s_own_words(load):
    row = json.loads(json.dumps(doccano_relations()).replace('"Source"', '"Speaker"'))
    refused = load("doccano", [row]).report
    assert "span label 'Speaker' is not known" in refused.rejected[0].reason
    labels = LabelMap(labels={"Speaker": "source"})
    assert load("doccano", [row], labels=labels).records[0].statements == (OPPOSES, COMMITS)


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_what_is_written_is_read_back(tmp_path, name):
    split = GoldStatement((54, 58), (33, 53), ((59, 62), (69, 77)), None, "states")
    records = [
        Record("a", TEXT, (OPPOSES, COMMITS)),
        Record("b", TEXT, (OPPOSES, split)),
        Record("c", TEXT),
    ]
    path = tmp_path / "out" / ("folder" if name == "brat" else "tasks.json")
    assert WRITERS[name](records, path) == 3
    if name == "labelstudio":
        tasks = json.loads(path.read_text(encoding="utf-8"))
        for task in tasks:
            task["annotations"] = copy.deepcopy(task.pop("predictions"))
        path.write_text(json.dumps(tasks), encoding="utf-8")
    done = import_corpus(path, name)
    assert not done.report.rejected
    assert sorted(done.records, key=lambda record: record.id) == records


@pytest.mark.parametrize("name", ["brat", "labelstudio"])
def test_actor_and_condition_survive_where_the_format_has_a_place(tmp_path, name):
    full = dataclasses.replace(OPPOSES, conditional=True, actor="Oskvar", represents="Oskvar")
    path = tmp_path / "tasks.json"
    WRITERS[name]([Record("a", TEXT, (full,))], path)
    if name == "labelstudio":
        path.write_text(path.read_text(encoding="utf-8").replace("predictions", "annotations"))
    assert import_corpus(path, name).records[0].statements == (full,)


def test_an_import_can_be_written_and_read_strictly(load, tmp_path):
    records = load("labelstudio", [studio(utf16)], "export.json").records
    write_corpus(tmp_path / "corpus.jsonl", records)
    assert list(read_corpus(tmp_path / "corpus.jsonl")) == records
