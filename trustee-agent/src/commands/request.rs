//! `request`: someone who lost everything asks for help. The guided check is here; what the agent
//! demands beyond it (the right words, the ledger) no command line can skip.
use super::{ask, present, tell, unexpected, which};
use crate::cli::{Request, Talked};
use kith_protocol::trustee::command::{Answer, Command, WordsView};
use kith_runtime::console::{Console, Exit, Failure};
use std::time::{Duration, Instant};

/// How long a person waits gladly for the claimant's agent.
const PATIENCE: Duration = Duration::from_secs(5);
/// What the person is asked about the conversation, in the order of [`Talked`].
const CONVERSATIONS: [(&str, Talked); 3] = [
    ("on the phone, on a number I had before", Talked::Call),
    ("face to face", Talked::InPerson),
    ("only by message or e-mail", Talked::Message),
];

pub(super) async fn carry_out(console: &Console, task: Request) -> Result<(), Failure> {
    match task {
        Request::Open { link, owner } => open(console, &link, owner).await,
        Request::List => tell(console, &Command::RequestList).await,
        Request::Show { id } => {
            let id = which::request(console, id).await?;
            tell(console, &Command::RequestShow { id }).await
        }
        Request::Verify { id, heard, talked } => {
            let id = which::request(console, id).await?;
            verify(console, id, heard, talked).await
        }
        Request::Approve { id } => approve(console, which::request(console, id).await?).await,
        Request::Deny { id } => {
            let id = which::request(console, id).await?;
            tell(console, &Command::RequestDeny { id }).await
        }
    }
}

async fn open(console: &Console, link: &str, owner: Option<String>) -> Result<(), Failure> {
    let link = console.text_or_stdin(link)?;
    let owner = match owner {
        Some(owner) => owner,
        None => whose(console).await?,
    };
    let answer = console
        .ask_patiently(&Command::RequestOpen { link, owner })
        .await?;
    present(console, &answer);
    if let Answer::Request(view) = &answer {
        console.say(&format!(
            "Nothing has left this agent, and nobody is in a hurry.\n\
             Call her on a number you had before, or meet her.\n\
             Next:  trustee-agent request verify {}",
            view.id
        ));
    }
    Ok(())
}

/// The person chooses whose request it is; the link's own claim is not even shown (R7).
async fn whose(console: &Console) -> Result<String, Failure> {
    let Answer::Owners { list } = ask(console, &Command::OwnerList).await? else {
        return Err(unexpected());
    };
    let names: Vec<String> = list.into_iter().map(|owner| owner.name).collect();
    let question = "Which of the people you know is this?";
    let picked = console.person.pick(question, &names, "--owner")?;
    let place = picked.ok_or_else(|| {
        Failure::new(
            Exit::Refused,
            "you keep nothing for a stranger; the link was not opened",
        )
    })?;
    Ok(names[place].clone())
}

async fn verify(
    console: &Console,
    id: String,
    heard: Option<String>,
    talked: Option<Talked>,
) -> Result<(), Failure> {
    live_conversation(console, talked)?;
    let words = request_words(console, &id).await?;
    let words = console.compare_words("the claimant", (&words.say, &words.choices), heard)?;
    tell(
        console,
        &Command::RequestVerify {
            id: id.clone(),
            words,
        },
    )
    .await?;
    console.say(&format!("Next:  trustee-agent request approve {id}"));
    Ok(())
}

/// The words, once the claimant's agent has answered; waited for as long as a person does gladly.
async fn request_words(console: &Console, id: &str) -> Result<WordsView, Failure> {
    let began = Instant::now();
    loop {
        let show = Command::RequestShow { id: id.to_owned() };
        let Answer::Request(view) = ask(console, &show).await? else {
            return Err(unexpected());
        };
        if let Some(words) = view.words {
            return Ok(words);
        }
        if view.state != "connecting" || began.elapsed() > PATIENCE {
            let message = format!("there are no words to compare: {}", view.state);
            return Err(Failure::new(Exit::Pending, message));
        }
        tokio::time::sleep(PATIENCE / 25).await;
    }
}

/// A message proves nothing about who wrote it: the check stops there (R8).
fn live_conversation(console: &Console, talked: Option<Talked>) -> Result<(), Failure> {
    let talked = match talked {
        Some(talked) => Some(talked),
        None => {
            let choices = CONVERSATIONS.map(|(text, _)| text.to_owned());
            let picked = console
                .person
                .pick("How did you talk to her?", &choices, "--talked")?;
            picked.map(|place| CONVERSATIONS[place].1)
        }
    };
    match talked {
        Some(Talked::Call | Talked::InPerson) => Ok(()),
        Some(Talked::Message) | None => Err(Failure::new(
            Exit::Refused,
            "stop here: a message or an e-mail does not show who wrote it. Call her on a number \
             you had before, or meet her",
        )),
    }
}

async fn approve(console: &Console, id: String) -> Result<(), Failure> {
    tell(console, &Command::RequestApprove { id: id.clone() }).await?;
    console.say(&format!(
        "Your share is released when enough others approved and the delay is over, unless an old \
         device of hers stops it.\nUntil then you can take it back:  trustee-agent request deny {id}"
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_runtime::console::Choice;

    fn console() -> Console {
        let choice = Choice {
            home: Some("/nowhere".into()),
            no_input: true,
            ..Choice::default()
        };
        Console::new("trustee-agent", choice).unwrap()
    }

    #[test]
    fn a_message_is_no_live_conversation() {
        let stopped = live_conversation(&console(), Some(Talked::Message)).unwrap_err();
        assert_eq!(stopped.exit, Exit::Refused);
        assert!(live_conversation(&console(), Some(Talked::Call)).is_ok());
    }

    #[test]
    fn a_script_must_say_how_the_two_talked() {
        let asked = live_conversation(&console(), None).unwrap_err();
        assert_eq!(asked.exit, Exit::Usage);
        assert!(asked.message.contains("--talked"));
    }
}
