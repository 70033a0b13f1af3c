//! Puts together what one step may do, port by port. In: fields with the ports that each serves. Out: a
//! type with exactly these ports, so that a step which asks for more does not compile until `steps.rs` says
//! so.
//! Never: does anything beside calling the field.

/// `grant! { /// Doc. Name { field: Adapter => Port Port, … } }`
macro_rules! grant {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $adapter:ty => $($port:ident)+,)+ }) => {
        $(#[$doc])*
        struct $name { $($field: $adapter,)+ }
        $($(grant!(@$port $name $field);)+)+
    };
    (@Clock $name:ident $field:ident) => {
        impl Clock for $name {
            fn now(&self) -> Timestamp {
                self.$field.now()
            }
            async fn sleep(&self, duration: Duration) {
                self.$field.sleep(duration).await;
            }
        }
    };
    (@ListConfig $name:ident $field:ident) => {
        grant! { @calls ListConfig $name $field list(as_of: Option<Timestamp>) -> Vec<Listed> }
    };
    (@ReadConfig $name:ident $field:ident) => {
        impl ReadConfig for $name {
            async fn read_version(&self, key: &str, version_id: &str) -> Result<Vec<u8>, Unread> {
                self.$field.read_version(key, version_id).await
            }
        }
    };
    (@ReadObject $name:ident $field:ident) => {
        grant! { @calls ReadObject $name $field read_object(pointer: &Pointer) -> Vec<u8> }
    };
    (@WriteObject $name:ident $field:ident) => {
        grant! { @calls WriteObject $name $field write_object(bytes: Vec<u8>) -> Pointer }
    };
    (@AppendRecord $name:ident $field:ident) => {
        grant! { @calls AppendRecord $name $field append(record: &Record) -> () }
    };
    (@ReadProjection $name:ident $field:ident) => {
        grant! { @calls ReadProjection $name $field read_projection(name: &str) -> Option<(Value, Etag)> }
    };
    (@WriteProjection $name:ident $field:ident) => {
        grant! { @calls WriteProjection $name $field
            write_projection(name: &str, value: &Value, replaces: Option<&Etag>) -> ()
        }
    };
    (@Volume $name:ident $field:ident) => {
        grant! { @calls Volume $name $field
            live(component: Component) -> Option<Generation>
            generations(component: Component) -> Vec<Generation>
            file_digests(component: Component, generation: &Generation) -> BTreeMap<String, Digest>
            stage(component: Component, generation: &Generation, files: &BTreeMap<String, String>) -> ()
            flip(component: Component, from: Option<&Generation>, to: &Generation) -> ()
            remove(component: Component, generation: &Generation) -> ()
        }
    };
    (@RunTool $name:ident $field:ident) => {
        grant! { @calls RunTool $name $field run_tool(call: ToolCall) -> ToolAnswer }
    };
    (@CallReplica $name:ident $field:ident) => {
        grant! { @calls CallReplica $name $field
            addresses(url: &str) -> Vec<String>
            call(method: Method, url: &str, address: &str, timeout: Duration) -> HttpAnswer
        }
    };
    (@Publish $name:ident $field:ident) => {
        grant! { @calls Publish $name $field publish(notice: &Notice) -> () }
    };
    (@calls $port:ident $name:ident $field:ident
        $($call:ident($($argument:ident: $type:ty),*) -> $answer:ty)+
    ) => {
        impl $port for $name {
            $(async fn $call(&self, $($argument: $type),*) -> Result<$answer, Failure> {
                self.$field.$call($($argument),*).await
            })+
        }
    };
}
