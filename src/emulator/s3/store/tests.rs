use super::*;

fn store() -> (Store, Arc<str>) {
    let mut store = Store::default();
    let account: Arc<str> = "111122223333".into();
    store
        .create(Moment::ZERO, "mine", &account, &Region::from("us-east-1"))
        .expect("a new name");
    (store, account)
}

fn put(store: &mut Store, key: &str, bytes: &'static [u8]) -> Result<String, StoreError> {
    let who = (Moment::ZERO, "111122223333");
    store.put(who, ("mine", key), Bytes::from_static(bytes), About::default())
}

#[test]
fn an_etag_is_the_md5_and_of_parts_the_md5_of_their_md5s() {
    let (mut store, account) = store();
    assert_eq!(
        put(&mut store, "a", b"hello"),
        Ok("5d41402abc4b2a76b9719d911017c592".to_owned())
    );
    let id = store
        .begin("mine", "b", &account, About::default())
        .expect("begun");
    let upload = ("mine", "b", id.as_str());
    for (number, bytes) in [(2, "lo"), (1, "hel")] {
        store
            .part(upload, &account, number, Bytes::from_static(bytes.as_bytes()))
            .expect("a part");
    }
    let wanted = [(1, None), (2, None)];
    let etag = store
        .complete(Moment::ZERO, upload, &account, &wanted)
        .expect("whole");
    assert!(etag.ends_with("-2"), "{etag}");
    assert_eq!(store.get("mine", "b", &account).expect("there").bytes, "hello");
    assert_eq!(store.abort(upload, &account), Err(StoreError::NoSuchUpload));
}

#[test]
fn what_does_not_fit_is_refused_and_deleting_makes_room() {
    let (mut store, account) = store();
    let half = Bytes::from(vec![0; (Store::MOST_BYTES / 2) as usize]);
    let who = (Moment::ZERO, &*account);
    let put = |store: &mut Store, key| store.put(who, ("mine", key), half.clone(), About::default());
    put(&mut store, "one").expect("room");
    assert_eq!(put(&mut store, "two"), Err(StoreError::Full));
    // In the place of the other it fits.
    put(&mut store, "one").expect("room");
    store.delete("mine", "one", &account).expect("gone");
    put(&mut store, "two").expect("room again");
}

#[test]
fn a_bucket_is_its_owners_alone_and_goes_only_empty() {
    let (mut store, account) = store();
    let stranger: Arc<str> = "999900001111".into();
    let region = Region::from("us-east-1");
    assert_eq!(
        store.create(Moment::ZERO, "mine", &stranger, &region),
        Err(StoreError::BucketTaken)
    );
    assert_eq!(
        store.bucket("mine", &stranger).map(|_| ()),
        Err(StoreError::AccessDenied)
    );
    put(&mut store, "a", b"x").expect("room");
    assert_eq!(store.drop_bucket("mine", &account), Err(StoreError::NotEmpty));
    store.delete("mine", "a", &account).expect("gone");
    assert_eq!(store.drop_bucket("mine", &account), Ok(()));
    assert_eq!(store.held, 0);
}
