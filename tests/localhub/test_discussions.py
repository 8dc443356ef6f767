from __future__ import annotations

import types

import pytest
from huggingface_hub.errors import HfHubHTTPError


@pytest.fixture
def talk(api, model):
    api.create_discussion(model, " Test discussion ", description="first words")
    api.create_discussion(model, "Test pull request", pull_request=True)
    return model


def test_discussions_are_counted_and_listed_newest_first(api, stranger, talk):
    stranger.create_discussion(talk, "A stranger asks")

    listed = api.get_repo_discussions(talk)

    assert isinstance(listed, types.GeneratorType)
    assert [(item.num, item.title, item.author) for item in listed] == [
        (3, "A stranger asks", "you"),
        (2, "Test pull request", "me"),
        (1, "Test discussion", "me"),
    ]


def test_the_list_is_filtered_by_author_type_and_status(api, stranger, talk):
    stranger.create_discussion(talk, "A stranger asks")
    api.change_discussion_status(talk, 1, "closed")

    def numbers(**options):
        return [item.num for item in api.get_repo_discussions(talk, **options)]

    assert numbers(author="you") == [3]
    assert numbers(author="unknown") == []
    assert numbers(discussion_type="pull_request") == [2]
    assert numbers(discussion_type="discussion") == [3, 1]
    assert numbers(discussion_status="open") == [3, 2]
    assert numbers(discussion_status="closed") == [1]
    assert numbers(discussion_type="all", discussion_status="all") == [3, 2, 1]


def test_a_long_list_is_paged(api, hub, model):
    for number in range(1, 61):
        api.create_discussion(model, f"Number {number}")

    assert [item.num for item in api.get_repo_discussions(model)] == list(range(60, 0, -1))


def test_details_are_what_creating_it_returned(api, model):
    created = api.create_discussion(model, "A title", description="words")

    assert api.get_discussion_details(model, 1) == created
    assert [event.content for event in created.events] == ["words"]
    assert (created.diff, created.conflicting_files, created.target_branch) == (None, None, None)


def test_comments_are_added_edited_and_hidden(api, stranger, talk):
    added = stranger.comment_discussion(talk, 1, "<script>alert(1)</script> **bold** 🎉")
    edited = stranger.edit_discussion_comment(talk, 1, added.id, "better words")

    assert added.content == "<script>alert(1)</script> **bold** 🎉"
    assert "<script>" not in added.rendered
    assert (edited.id, edited.content, edited.edited) == (added.id, "better words", True)
    assert [version["raw"] for version in edited.edit_history] == [added.content, "better words"]
    assert api.get_discussion_details(talk, 1).events[1] == edited

    with pytest.warns(UserWarning, match="irreversible"):
        hidden = api.hide_discussion_comment(talk, 1, added.id)

    assert hidden.hidden
    assert "words" not in str(api.get_discussion_details(talk, 1).events[1])


def test_titles_and_states_change_with_a_record_of_it(api, talk):
    renamed = api.rename_discussion(talk, 1, "Another title")
    closed = api.change_discussion_status(talk, 1, "closed", comment="done")

    details = api.get_discussion_details(talk, 1)
    assert (renamed.old_title, renamed.new_title) == ("Test discussion", "Another title")
    assert (details.title, details.status, closed.new_status) == ("Another title", "closed", "closed")
    assert [event.type for event in details.events] == ["comment", "title-change", "comment", "status-change"]
    with pytest.raises(HfHubHTTPError, match="already has status closed"):
        api.change_discussion_status(talk, 1, "closed")


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (lambda api, repo, other: api.create_discussion(repo, "ab"), 400),
        (lambda api, repo, other: api.create_discussion(repo, "x" * 201), 400),
        (lambda api, repo, other: api.comment_discussion(repo, 1, "x" * 70_000), 400),
        (lambda api, repo, other: api.comment_discussion(repo, 1, "  "), 400),
        (lambda api, repo, other: api.comment_discussion(repo, 99, "words"), 404),
        (lambda api, repo, other: api.get_discussion_details(repo, 99), 404),
        (lambda api, repo, other: api.edit_discussion_comment(repo, 1, "0" * 24, "x"), 404),
        (lambda api, repo, other: api.edit_discussion_comment(repo, 1, other, "x"), 404),
        (lambda api, repo, other: api.merge_pull_request(repo, 1), 400),
    ],
)
def test_what_cannot_be_done_is_refused(api, talk, call, status):
    comment_of_another = api.get_discussion_details(talk, 2).events[0].id

    with pytest.raises(HfHubHTTPError) as refused:
        call(api, talk, comment_of_another)

    assert refused.value.response.status_code == status


def test_only_its_author_edits_a_comment_and_a_stranger_hides_none(api, stranger, talk):
    mine = api.comment_discussion(talk, 1, "mine")
    theirs = stranger.comment_discussion(talk, 1, "theirs")

    for call in (
        lambda: stranger.edit_discussion_comment(talk, 1, mine.id, "x"),
        lambda: api.edit_discussion_comment(talk, 1, theirs.id, "x"),
        lambda: stranger._post_discussion_changes(
            repo_id=talk, discussion_num=1, resource=f"comment/{mine.id}/hide", repo_type=None
        ),
    ):
        with pytest.raises(HfHubHTTPError) as refused:
            call()
        assert refused.value.response.status_code == 403


def test_discussions_go_with_their_repository_and_not_with_its_name(api, talk):
    api.move_repo(talk, f"{talk}_moved")
    assert len(list(api.get_repo_discussions(f"{talk}_moved"))) == 2
    api.delete_repo(f"{talk}_moved")
    api.create_repo(f"{talk}_moved")

    assert list(api.get_repo_discussions(f"{talk}_moved")) == []
