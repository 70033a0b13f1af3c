//! `reload` as a Lambda function; what it is given is `aws::steps::reload`.

fn main() -> std::process::ExitCode {
    aws::lambda::main("reload", aws::steps::reload)
}
