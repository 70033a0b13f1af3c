//! `deploy` as a Lambda function; what it is given is `aws::steps::deploy`.

fn main() -> std::process::ExitCode {
    aws::lambda::main("deploy", aws::steps::deploy)
}
