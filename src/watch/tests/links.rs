//! What a change of links looks like: mounted `ConfigMap`s and the checkouts of git-sync.

use std::os::unix::fs::symlink;

use super::*;

/// As the kubelet does it: new directory, new link beside the old one, rename over it, old directory away.
fn swap(dir: &Path, stamp: &str, text: &str) {
    config(&dir.join(stamp), text);
    turn(dir, stamp);
}

fn turn(dir: &Path, stamp: &str) {
    let old = fs::read_link(dir.join("..data")).ok();
    symlink(stamp, dir.join("..data_tmp")).unwrap();
    fs::rename(dir.join("..data_tmp"), dir.join("..data")).unwrap();
    if let Some(old) = old {
        fs::remove_dir_all(dir.join(old)).unwrap();
    }
}

#[tokio::test]
async fn each_of_three_swaps_of_a_config_map_is_seen() {
    let mut watched = Watched::over("config", |root| {
        let dir = root.join("config");
        fs::create_dir(&dir).unwrap();
        swap(&dir, "..2030_1", "1");
        for name in ["matrix.yaml", "operator.yaml", "policies"] {
            symlink(Path::new("..data").join(name), dir.join(name)).unwrap();
        }
    });
    watched.sees("1").await;
    for text in ["2", "3", "4"] {
        swap(&watched.path("config"), &format!("..2030_{text}"), text);
        watched.sees(text).await;
    }
}

#[tokio::test]
async fn each_swap_of_a_git_sync_link_is_seen() {
    let worktree = |root: &Path, text: &str| {
        config(&root.join(".worktrees").join(text).join("config"), text);
        symlink(Path::new(".worktrees").join(text), root.join("next")).unwrap();
        fs::rename(root.join("next"), root.join("current")).unwrap();
    };
    let mut watched = Watched::over("current/config", |root| worktree(root, "1"));
    for text in ["2", "3", "4"] {
        // The old worktree stays for a while, so only the new link tells.
        worktree(watched.temp.path(), text);
        watched.sees(text).await;
    }
    fs::remove_dir_all(watched.path(".worktrees/3")).unwrap();
    worktree(watched.temp.path(), "5");
    watched.sees("5").await;
}

#[tokio::test]
async fn a_file_that_the_system_does_not_hand_out_is_an_error_until_it_is_mended() {
    let mut watched = Watched::plain();
    let path = watched.path("config/matrix.yaml");
    fs::remove_file(&path).unwrap();
    symlink("matrix.yaml", &path).unwrap();
    let unreadable =
        |loaded: &Loaded| loaded.as_ref().is_err_and(|error| matches!(error.problem, Problem::Unreadable(_)));
    timeout(ENOUGH, watched.news.wait_for(unreadable)).await.expect("no error came").unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, "2").unwrap();
    watched.sees("2").await;
}

/// Both files of a configuration in volumes of their own, as one team owns the matrix and another the settings.
#[tokio::test]
async fn settings_in_a_config_map_of_their_own_are_seen_each_time_they_are_swapped() {
    let temp = TempDir::new().unwrap();
    for (volume, name) in [("matrix", "matrix.yaml"), ("settings", "operator.yaml")] {
        let dir = temp.path().join(volume);
        fs::create_dir(&dir).unwrap();
        swap(&dir, "..2030_1", "1");
        symlink(Path::new("..data").join(name), dir.join(name)).unwrap();
    }
    let operator = Some(temp.path().join("settings/operator.yaml"));
    let (handle, news) = spawn(Paths { dir: temp.path().join("matrix"), operator }, EVENTS);
    let mut watched = Watched { temp, handle, news };
    for text in ["2", "3", "4"] {
        let next = watched.path("settings").join(format!("..2030_{text}"));
        fs::create_dir(&next).unwrap();
        fs::write(next.join("operator.yaml"), text).unwrap();
        turn(&watched.path("settings"), &format!("..2030_{text}"));
        let wanted = |loaded: &Loaded| loaded.as_ref().is_ok_and(|files| files.operator().text == text);
        timeout(ENOUGH, watched.news.wait_for(wanted)).await.expect("never seen").unwrap();
        swap(&watched.path("matrix"), &format!("..2031_{text}"), text);
        watched.sees(text).await;
    }
}

#[tokio::test]
async fn of_many_swaps_without_a_pause_the_last_is_in_use() {
    let mut watched = Watched::over("config", |root| {
        let dir = root.join("config");
        fs::create_dir(&dir).unwrap();
        swap(&dir, "..2030_1", "1");
        for name in ["matrix.yaml", "operator.yaml", "policies"] {
            symlink(Path::new("..data").join(name), dir.join(name)).unwrap();
        }
    });
    for round in ["a", "b", "c"] {
        for number in 0..40 {
            swap(&watched.path("config"), &format!("..2030_{round}{number}"), &format!("{round}{number}"));
            // Some of them while the watch is renewed and the files are read.
            sleep(EVENTS.quiet * (number % 4) / 3).await;
        }
        watched.sees(&format!("{round}39")).await;
    }
}
