//! `template` as a Lambda function; what it is given is `aws::steps::template`.

fn main() -> std::process::ExitCode {
    aws::lambda::main("template", aws::steps::template)
}
