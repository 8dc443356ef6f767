from __future__ import annotations

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError


@pytest.mark.parametrize("repo_type", ["model", "dataset", "space"])
def test_a_new_repository_has_one_commit_and_can_be_created_again_only_with_exist_ok(api, name, repo_type):
    sdk = "gradio" if repo_type == "space" else None

    url = api.create_repo(name, repo_type=repo_type, space_sdk=sdk)

    assert (url.repo_id, url.repo_type) == (name, repo_type)
    assert len(api.list_repo_commits(name, repo_type=repo_type)) == 1
    assert api.create_repo(name, repo_type=repo_type, space_sdk=sdk, exist_ok=True) == url
    with pytest.raises(HfHubHTTPError) as refused:
        api.create_repo(name, repo_type=repo_type, space_sdk=sdk)
    assert refused.value.response.status_code == 409


def test_the_three_types_do_not_share_names(api, model):
    assert not api.repo_exists(model, repo_type="dataset")

    api.create_repo(model, repo_type="dataset")
    api.delete_repo(model)

    assert api.repo_exists(model, repo_type="dataset")
    assert not api.repo_exists(model)


def test_a_name_without_a_namespace_is_created_for_the_caller(api):
    assert api.create_repo("no_namespace").repo_id == "me/no_namespace"


def test_a_deleted_repository_is_gone_and_its_name_is_free(api, model):
    api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id=model)
    api.delete_repo(model)

    with pytest.raises(RepositoryNotFoundError):
        api.model_info(model)
    with pytest.raises(RepositoryNotFoundError):
        api.delete_repo(model)
    api.delete_repo(model, missing_ok=True)
    api.create_repo(model)
    assert api.list_repo_files(model) == [".gitattributes"]


def test_a_moved_repository_answers_under_both_ids(api, model, hub, tmp_path):
    api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id=model)

    api.move_repo(model, model + "_new")

    assert api.model_info(model).id == model + "_new"
    assert api.hf_hub_download(model, "a.txt", cache_dir=tmp_path)
    assert api.list_repo_files(model) == [".gitattributes", "a.txt"]
    api.create_repo(model)  # a new repository takes the old id over
    assert api.list_repo_files(model) == [".gitattributes"]
    assert api.list_repo_files(model + "_new") == [".gitattributes", "a.txt"]


def test_a_repository_cannot_be_moved_onto_another_or_away_from_its_owner(api, model):
    api.create_repo(model + "_other")

    for target, status in ((model + "_other", 409), ("you/taken", 403)):
        with pytest.raises(HfHubHTTPError) as refused:
            api.move_repo(model, target)
        assert refused.value.response.status_code == status


def test_settings_change_visibility_and_gate(api, stranger, model):
    api.update_repo_settings(model, visibility="private", gated="manual")

    info = api.model_info(model)
    assert (info.private, info.gated) == (True, "manual")
    api.update_repo_settings(model, visibility="public", gated=False)
    assert stranger.model_info(model).gated is False


def test_a_gated_repository_shows_its_file_list_but_not_its_files(api, stranger, model, tmp_path):
    from huggingface_hub.errors import GatedRepoError

    api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id=model)
    api.update_repo_settings(model, gated="auto")

    assert "a.txt" in stranger.list_repo_files(model)
    with pytest.raises(GatedRepoError):
        stranger.hf_hub_download(model, "a.txt", cache_dir=tmp_path)
    assert api.hf_hub_download(model, "a.txt", cache_dir=tmp_path)


def test_info_reads_the_card(api, model):
    card = b"---\nlicense: mit\nlanguage: [ja]\ntags: [emoji]\npipeline_tag: text-generation\ndate: 2026-01-31\n---\n# Hi\n"
    api.upload_file(path_or_fileobj=card, path_in_repo="README.md", repo_id=model)

    info = api.model_info(model)

    assert {"license:mit", "ja", "emoji"} <= set(info.tags)
    assert info.pipeline_tag == "text-generation"
    assert info.card_data["date"] == "2026-01-31"


def test_info_can_be_asked_for_single_fields(api, model):
    info = api.model_info(model, expand=["sha", "lastModified"])

    assert info.sha
    assert info.last_modified
    assert info.siblings is None


def test_lists_are_filtered_by_author_search_and_tag(api, hub):
    for suffix, tag in (("one", "metric"), ("two", "other")):
        repo = f"me/listed_{suffix}"
        api.create_repo(repo, repo_type="space", space_sdk="static")
        api.upload_file(
            path_or_fileobj=f"---\ntags: [{tag}]\n---\n".encode(),
            path_in_repo="README.md",
            repo_id=repo,
            repo_type="space",
        )

    assert [space.id for space in api.list_spaces(filter="metric", search="listed_")] == ["me/listed_one"]
    assert [space.id for space in api.list_spaces(author="me", search="LISTED_T")] == ["me/listed_two"]
    assert list(api.list_datasets(author="you")) == []
    assert all(model.id for model in HfApi(endpoint=hub.endpoint, token=False).list_models(limit=1))


@pytest.mark.parametrize("bad", ["a b", "a--b", "x.git", "", "..", "a/b"])
def test_repository_names_that_clients_could_not_load_are_refused(hub, tokens, bad):
    from huggingface_hub import get_session

    answer = get_session().post(
        f"{hub.endpoint}/api/repos/create",
        json={"name": bad, "organization": None},
        headers={"Authorization": f"Bearer {tokens.writer}"},
    )

    assert answer.status_code == 400
