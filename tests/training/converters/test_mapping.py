import pytest

from onrecord.errors import CorpusError
from onrecord_training.converters.mapping import LabelMap, Meaning, read_map, truth


@pytest.mark.parametrize(
    ("label", "meaning"),
    [
        ("Source", Meaning("source")),
        ("CUE", Meaning("cue")),
        ("Source#2", Meaning("source", None, "2")),
        ("opposes", Meaning("cue", "opposes")),
        ("Rules out#a", Meaning("cue", "rules_out", "a")),
    ],
)
def test_our_own_words_need_no_file(label, meaning):
    assert LabelMap().label(label) == meaning


def test_a_mapping_file_translates_labels_relations_stances_and_attributes(tmp_path):
    path = tmp_path / "map.toml"
    path.write_text(
        '[labels]\nSpeaker = "source"\n"Cue (against)" = "cue=opposes"\nDate = "ignore"\n'
        '[relations]\nsaid_by = "source"\n[stances]\nagainst = "opposes"\n'
        '[attributes]\nHaltung = "stance"\n',
        encoding="utf-8",
    )
    labels = read_map(path)
    assert labels.label("Speaker#1") == Meaning("source", None, "1")
    assert labels.label("Cue (against)") == Meaning("cue", "opposes")
    assert labels.label("Date").role is None
    assert labels.relation("said_by") == "source"
    assert labels.relation("target_of") == "target"
    assert labels.relation("linked") is None
    assert labels.stance("against") == "opposes"
    assert labels.stance("") is None
    assert labels.attribute("Haltung") == "stance"
    assert labels.attribute("mood") is None


def test_an_unknown_label_is_refused_with_the_nearest_one():
    with pytest.raises(CorpusError, match="'Sorce' is not known; did you mean 'source'"):
        LabelMap().label("Sorce")
    with pytest.raises(CorpusError, match="did you mean 'opposes'"):
        LabelMap().stance("Oposes")


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[labels", "cannot be read as TOML"),
        ("[lables]", "did you mean 'labels'"),
        ('[labels]\nX = "sorce"', "did you mean 'source'"),
        ('[labels]\nX = "cue=oppose"', "did you mean 'opposes'"),
        ('[relations]\nX = "speaker"', "legal: cue, source"),
        ('[stances]\nX = "anti"', "is not known"),
        ('[attributes]\nX = "stanze"', "did you mean 'stance'"),
        ("[labels]\nX = 3", "must hold lines such as"),
    ],
)
def test_a_wrong_mapping_file_is_refused(tmp_path, toml, message):
    path = tmp_path / "map.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        read_map(path)


def test_yes_and_no_are_read_in_the_ways_that_tools_write_them():
    assert truth("Yes")
    assert truth("conditional")
    assert not truth(None)
    assert not truth("")
    with pytest.raises(CorpusError, match="expected yes or no"):
        truth("perhaps")
