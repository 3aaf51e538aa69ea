"""WebAnno TSV 3.3; the samples are laid out as INCEpTION writes them, a tab after every row."""

import random

import pytest

from onrecord.errors import CorpusError
from onrecord_training.converters import import_corpus
from onrecord_training.converters.mapping import LabelMap
from onrecord_training.converters.uima import LINK, SPAN, STATEMENT
from onrecord_training.corpus import GoldStatement

from .conftest import COMMITS, OPPOSES, TEXT, project, put, two_annotators_agree, zipped
from .test_uima import relations, slots

# The names of `labelling-config inception`: such a project needs no label mapping.
ROLE = f"ROLE_{STATEMENT}:{{}}_{LINK}|{SPAN}"
CONTENT, SOURCE, TARGET = (ROLE.format(name) for name in ("content", "source", "target"))
BY_SLOTS = f"""
#FORMAT=WebAnno TSV 3.3
#T_SP={SPAN}|
#T_SP={STATEMENT}|actor|conditional|{CONTENT}|represents|{SOURCE}|stance|{TARGET}


#Text=🎉 Oskvar rejects the canal plan.
1-1 0-2 🎉 _ _ _ _ _ _ _ _ _ _ _
1-2 3-9 Oskvar * _ _ _ _ _ _ _ _ _ _
1-3 10-17 rejects _ * false content 1-4[1] * source 1-2 opposes target 1-4[2]
1-4 18-21 the *[1]|*[2] _ _ _ _ _ _ _ _ _ _
1-5 22-27 canal *[1]|*[2] _ _ _ _ _ _ _ _ _ _
1-6 28-32 plan *[1]|*[2] _ _ _ _ _ _ _ _ _ _
1-7 32-33 . _ _ _ _ _ _ _ _ _ _ _

#Sentence.id=s2
#Text=Minister Ilva Brandt said she would sign it.
2-1 34-42 Minister *[3] _ _ _ _ _ _ _ _ _ _
2-2 43-47 Ilva *[3] _ _ _ _ _ _ _ _ _ _
2-3 48-54 Brandt *[3] _ _ _ _ _ _ _ _ _ _
2-4 55-59 said _ * false content 2-5[4] * source 2-1[3] commits target 2-7[5]
2-5 60-63 she *[4] _ _ _ _ _ _ _ _ _ _
2-6 64-69 would *[4] _ _ _ _ _ _ _ _ _ _
2-7 70-74 sign *[4]|*[5] _ _ _ _ _ _ _ _ _ _
2-8 75-77 it *[4]|*[5] _ _ _ _ _ _ _ _ _ _
2-9 77-78 . *[4]|*[5] _ _ _ _ _ _ _ _ _ _
"""
BY_RELATIONS = """
#FORMAT=WebAnno TSV 3.3
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue
#T_SP=webanno.custom.Part|label
#T_CH=de.tudarmstadt.ukp.dkpro.core.api.coref.type.CoreferenceLink|referenceType|referenceRelation
#T_RL=de.tudarmstadt.ukp.dkpro.core.api.syntax.type.dependency.Dependency|flavor|BT_de.tudarmstadt.Token
#T_RL=webanno.custom.Rel|label|BT_webanno.custom.Part


#Text=🎉 Oskvar rejects the canal plan.
1-1 0-2 🎉 SYM _ _ _ _ _ _ _
1-2 3-9 Oskvar NNP Source _ _ basic 1-3 * 1-3
1-3 10-17 rejects VBZ opposes _ _ _ _ _ _
1-4 18-21 the DT Content[1]|Target[2] *[1] *->1-1 _ _ *|* 1-3[0_1]|1-3[0_2]
1-5 22-27 canal NN Content[1]|Target[2] _ _ _ _ _ _
1-6 28-32 plan NN Content[1]|Target[2] _ _ _ _ _ _
1-7 32-33 . . _ _ _ _ _ _ _

#Text=Minister Ilva Brandt said she would sign it.
2-1 34-42 Minister NNP Source[3] _ _ _ _ * 2-4[0_3]
2-2 43-47 Ilva NNP Source[3] _ _ _ _ _ _
2-3 48-54 Brandt NNP Source[3] _ _ _ _ _ _
2-4 55-59 said VBD commits _ _ _ _ _ _
2-5 60-63 she PRP Content[4] _ _ _ _ * 2-4[0_4]
2-6 64-69 would MD Content[4] _ _ _ _ _ _
2-7 70-74 sign VB Content[4]|Target[5] _ _ _ _ * 2-4[0_5]
2-8 75-77 it PRP Content[4]|Target[5] *[1] *->1-2 _ _ _ _
2-9 77-78 . . Content[4]|Target[5] _ _ _ _ _ _
"""
# One cue, its content in two pieces.
SHORT = f"""
#FORMAT=WebAnno TSV 3.3
#T_SP={SPAN}|
#T_SP={STATEMENT}|actor|{CONTENT}


#Text=Ohm says no, insists yes.
1-1 0-3 Ohm _ _ _ _
1-2 4-8 says _ ACTOR content;content 1-3;1-6
1-3 9-11 no * _ _ _
1-4 11-12 , _ _ _ _
1-5 13-20 insists _ _ _ _
1-6 21-24 yes * _ _ _
1-7 24-25 . _ _ _ _
"""


def tsv(sample):
    """Write rows with tabs and, as INCEpTION does, a tab at their end."""
    lines = sample.removeprefix("\n").split("\n")
    return "\n".join(
        line if line.startswith("#") or not line else "\t".join([*line.split(" "), ""])
        for line in lines
    )


@pytest.fixture
def webanno(load):
    def run(sample, **options):
        return load("webanno", tsv(sample), "a.tsv", **options)

    return run


@pytest.mark.parametrize("sample", [BY_SLOTS, BY_RELATIONS])
def test_statements_are_read_with_utf16_offsets_turned_into_code_points(webanno, sample):
    done = webanno(sample)
    assert not done.report.rejected
    assert not done.report.repaired
    (record,) = done.records
    assert (record.id, record.text) == ("a", TEXT)
    assert record.statements == (OPPOSES, COMMITS)


@pytest.mark.parametrize(("sample", "build"), [(BY_SLOTS, slots), (BY_RELATIONS, relations)])
def test_tsv_gives_what_the_xmi_of_the_same_document_gives(webanno, tmp_path, sample, build):
    folder = tmp_path / "xmi"
    folder.mkdir()
    build().to_xmi(folder / "a.xmi")
    build().typesystem.to_xml(folder / "TypeSystem.xml")
    assert webanno(sample).records == import_corpus(folder, "uima").records


def test_the_uima_reader_takes_tsv_beside_xmi_and_windows_line_ends(tmp_path):
    (tmp_path / "b.tsv").write_bytes(tsv(BY_SLOTS).replace("\n", "\r\n").encode())
    slots().to_xmi(tmp_path / "a.xmi")
    slots().typesystem.to_xml(tmp_path / "TypeSystem.xml")
    done = import_corpus(tmp_path, "uima")
    assert [record.statements for record in done.records] == [(OPPOSES, COMMITS)] * 2


def test_content_in_two_pieces_is_two_fillers_of_one_slot(webanno):
    (record,) = webanno(SHORT.replace("ACTOR", "*")).records
    assert record.statements == (GoldStatement((4, 8), None, ((9, 11), (21, 24))),)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (r"A\[1\]", "A[1]"),
        (r"a\|b\_c", "a|b_c"),
        (r"x\->y\;z\\", "x->y;z\\"),
        (r"\*", "*"),
        (r"tab\there\nend", "tab\there\nend"),
        (r"b\\n", "b\\n"),
    ],
)
def test_escapes_in_values_are_undone(webanno, written, name):
    (record,) = webanno(SHORT.replace("ACTOR", written)).records
    assert record.statements[0].actor == name


def test_escapes_and_line_breaks_in_the_text_are_undone(webanno):
    sample = SHORT.replace("ACTOR", "*").replace("Ohm says no", "Ohm says\\\\no")
    sample = sample.replace("no, insists", "no,\n#Text=insists")
    sample = sample.replace("1-2 4-8 says", "1-2 4-9 says\\")
    (record,) = webanno(sample).records
    assert record.text == "Ohm says\\no,\ninsists yes."
    assert record.statements[0].cue == (4, 9)


def test_parts_of_tokens_and_a_span_that_ends_inside_one(webanno):
    sample = """
#FORMAT=WebAnno TSV 3.3
#T_SP=webanno.custom.Part|label
#T_RL=webanno.custom.Rel|BT_webanno.custom.Part


#Text=Ohm-owned Astra denies talks.
1-1 0-9 Ohm-owned _ _
1-1.1 0-3 Ohm Source 1-3
1-2 10-15 Astra _ _
1-2.1 11-15 stra Content[1] 1-3[0_1]
1-3 16-22 denies Cue _
1-4 23-28 talks _ _
1-5 28-29 . _ _
"""
    sample = sample.replace(
        "1-4 23-28 talks _ _", "1-4 23-28 talks _ _\n1-4.1 23-27 talk Target 1-3"
    )
    (record,) = webanno(sample).records
    assert record.statements == (GoldStatement((16, 22), (0, 3), ((11, 15),), (23, 27)),)
    long = sample.replace("1-3 16-22 denies Cue _", "1-3 16-22 denies Cue|Content[1] _")
    (record,) = webanno(long.replace("talk Target 1-3", "talk Target|Content[1] 1-3")).records
    assert record.statements[0].content == ((11, 27),)


def test_a_slot_for_any_layer_and_an_empty_slot(webanno):
    sample = BY_SLOTS.replace("|webanno.custom.Mention", "|uima.tcas.Annotation")
    sample = sample.replace("source 1-2", "source 1-2[9]").replace("Oskvar *", "Oskvar *[9]")
    sample = sample.replace("target 2-7[5]", "_ *")
    (record,) = webanno(sample).records
    assert record.statements[0] == OPPOSES
    assert record.statements[1].target is None


def test_a_cue_of_several_tokens_and_two_on_the_same_token(webanno):
    sample = f"""
#FORMAT=WebAnno TSV 3.2
#T_SP={SPAN}|
#T_SP={STATEMENT}|{SOURCE}|stance


#Text=Ohm and Lie turned down
1-1 0-3 Ohm * _ _ _
1-2 4-7 and _ _ _ _
1-3 8-11 Lie * _ _ _
1-4 12-18 turned _ source[1]|source[2] 1-1|1-3 opposes[1]|commits[2]
1-5 19-23 down _ source[1] 1-1 opposes[1]
"""
    (record,) = webanno(sample).records
    assert record.statements == (
        GoldStatement((12, 18), (8, 11), stance="commits"),
        GoldStatement((12, 23), (0, 3), stance="opposes"),
    )


def test_labels_of_other_names_are_mapped(webanno):
    sample = BY_RELATIONS.replace("Source", "Sprecher")
    labels = LabelMap(labels={"Sprecher": "source"})
    assert webanno(sample, labels=labels).records[0].statements == (OPPOSES, COMMITS)


def test_a_gap_between_sentences_becomes_a_space_or_line_breaks(webanno):
    sample = """
#FORMAT=WebAnno TSV 3.3


#Text=One.
1-1 0-4 One.

#Text=Two.
2-1 5-9 Two.

#Text=Three.
3-1 11-17 Three.
#Text=Four.
4-1 17-22 Four.
"""
    assert webanno(sample).records[0].text == "One. Two.\n\nThree.Four."


def test_offsets_that_another_tool_counted_in_code_points_are_understood(webanno):
    lines = []
    for line in BY_SLOTS.split("\n"):
        fields = line.split(" ")
        if fields[0][:1].isdigit():
            begin, end = map(int, fields[1].split("-"))
            fields[1] = f"{max(begin - 1, 0)}-{end - 1}"
        lines.append(" ".join(fields))
    assert webanno("\n".join(lines)).records[0].statements == (OPPOSES, COMMITS)


def test_spans_without_relations_are_rejected_with_the_reason(webanno):
    rows = [
        " ".join(row.split(" ")[:-2]) if row[:1].isdigit() else row
        for row in BY_RELATIONS.split("\n")
    ]
    sample = "\n".join(row for row in rows if "webanno.custom.Rel|" not in row)
    report = webanno(sample).report
    assert report.imported == 0
    assert "have no relation" in report.rejected[0].reason


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("TSV 3.3", "TSV 2", "line 1 is '#FORMAT=WebAnno TSV 2'; expected"),
        ("#FORMAT=WebAnno TSV 3.3\n", "", "line 1 is"),
        ("1-5 22-27 canal *[1]|*[2] _ _ _ _ _ _ _ _ _ _", "1-5 22-27 canal *[1]", "line 11 has"),
        ("|stance|", "|stance=1|", "the header has 'stance=1'"),
        ("custom.Mention|\n", "custom.for|\n", "the header has 'webanno.custom.for'"),
        ("22-27 canal", "23-28 canal", "line 11: 'canal' does not stand at 23-28"),
        ("22-27 canal", "27-22 canal", "line 11: 'canal' does not stand"),
        ("22-27 canal", "22 canal", "line 11 starts with"),
        ("0-2 🎉", "0-1 🎉", "line 7: '🎉' does not stand"),
        ("34-42", "20-28", "line 17: the sentence starts at 20"),
        ("34-42", "99999999999-99999999999", "line 17: the sentence starts at"),
        ("source 2-1[3]", "source 2-1[33]", "points to 2-1[33], where no webanno.custom.Mention"),
        ("source 1-2", "source 1-1", "line 9: webanno.custom.Statement points to 1-1"),
        ("source 1-2", "source Oskvar", "line 9: 'Oskvar' is no reference"),
        ("2-1 34", "1-1 34", "line 17: row 1-1 occurs twice"),
        ("#Text=🎉 Oskvar rejects the canal plan.\n", "", "line 6: a row outside of any sentence"),
        (BY_SLOTS[BY_SLOTS.index("2-1 ") :], "", "line 16: a sentence without rows"),
        (BY_SLOTS[BY_SLOTS.index("2-8 ") :], "", "line 23: the rows end in mid-sentence"),
    ],
)
def test_a_broken_file_is_rejected_by_line_and_the_others_go_on(tmp_path, old, new, reason):
    assert old in BY_SLOTS
    put(tmp_path, tsv(BY_SLOTS.replace(old, new, 1)), "a.tsv")
    put(tmp_path, tsv(BY_SLOTS), "b.tsv")
    done = import_corpus(tmp_path, "webanno")
    assert [record.id for record in done.records] == ["b"]
    (reject,) = done.report.rejected
    assert reject.id == "a"
    assert reject.reason.startswith("a.tsv")
    assert reason in reject.reason


def test_another_encoding_is_named(tmp_path):
    (tmp_path / "a.tsv").write_bytes(
        tsv(BY_SLOTS).replace("plan", "plän").encode("latin-1", "replace")
    )
    (reject,) = import_corpus(tmp_path, "webanno").report.rejected
    assert "is not UTF-8" in reject.reason


@pytest.mark.parametrize("packed", [False, True])
def test_a_project_of_two_annotators_is_read_with_their_agreement(tmp_path, packed):
    root = tmp_path / "annotation"
    project(root, ".tsv", tsv(BY_SLOTS), "d1.txt", "d2.txt")
    (root / "d2.txt" / "INITIAL_CAS.tsv").write_text(tsv(BY_SLOTS), encoding="utf-8")
    if packed:
        root = zipped(tmp_path, ".tsv", tmp_path / "export.zip")
    done = import_corpus(root, "webanno")
    two_annotators_agree(done)
    assert sum(done.report.skipped.values()) == 1


def test_a_folder_without_any_document_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="tsv"):
        import_corpus(tmp_path, "webanno")


@pytest.mark.parametrize("sample", [BY_SLOTS, BY_RELATIONS])
def test_broken_characters_anywhere_are_reported_beside_a_good_file(tmp_path, sample):
    rng = random.Random(sample)
    good = tsv(sample)
    for number in range(60):
        text = list(good)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(text))
            text[at : at + rng.randint(0, 5)] = rng.choice(
                ["", "\t", "\n", "|", "[1]", "\\", "9", "é"]
            )
        put(tmp_path, "".join(text), f"{number}.tsv")
    put(tmp_path, good, "good.tsv")
    done = import_corpus(tmp_path, "webanno")
    assert done.report.read == 61
    assert "good" in {record.id for record in done.records}
    assert all(reject.reason for reject in done.report.rejected)
    assert not [reject for reject in done.report.rejected if "cannot be read as" in reject.reason]
